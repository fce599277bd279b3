"""Load an embedder: a labeller's features as unit vectors, for distances between faces."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.loaders.labeller import LoadedLabeller, load_labeller


@dataclass(frozen=True)
class LoadedEmbedder:
    """An `Embedder` that takes the features of an attribute network.

    These features were trained to tell attributes, so two photographs of one person are near each other
    only as far as their attributes agree.

    Attributes
    ----------
    name : str
    sha256 : str, hash of the network's file
    labeller : LoadedLabeller, whose features these are
    """

    name: str
    sha256: str
    labeller: LoadedLabeller = field(repr=False)

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Unit vectors, float32 (n, F), of uint8 images (n, r, r, 3) of any size.

        An image without any feature gets a row of zeros.
        """
        features = self.labeller.features(self.labeller.crop(images)).astype(np.float32)
        lengths = np.linalg.norm(features, axis=1, keepdims=True)
        return np.divide(features, lengths, out=np.zeros_like(features), where=lengths > 0)


def load_embedder(
    path_or_name: str | Path,
    role: str = "labeller",
    *,
    batch: int | None = None,
    batch_size_cache: MutableMapping[str, Any] | None = None,
) -> LoadedEmbedder:
    """Load an embedder by the file or the name of an attribute network.

    Parameters
    ----------
    path_or_name, role, batch, batch_size_cache : as for `models.load_labeller`

    Raises
    ------
    UserError
        Where there is none of that name, or the file is not a labeller.

    Example
    -------
    >>> embedder = models.load_embedder("celeba64", "judge")
    >>> cosine_distances(embedder(before), embedder(after))  # 0 where nothing has changed
    """
    labeller = load_labeller(path_or_name, role, batch=batch, batch_size_cache=batch_size_cache)
    return LoadedEmbedder(labeller.name, labeller.sha256, labeller)


def cosine_distances(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.floating]:
    """One minus the cosine between the rows of two arrays of unit vectors.

    Parameters
    ----------
    first, second : float arrays, shape (n, F), rows of length 1

    Returns
    -------
    float array, shape (n,), 0 (the same direction) to 2 (opposite)
    """
    return 1 - np.einsum("nf,nf->n", first, second)
