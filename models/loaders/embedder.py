"""Load an embedder: a recogniser of faces, or a labeller's features, as unit vectors for distances between faces."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from models.importers.face_networks import build_face_network
from models.importers.file_kind import file_kind
from models.inference.batch_size import choose_batch_size
from models.inference.compile import compile_forward
from models.inference.crop import crop_images, face_chip_window
from models.loaders.labeller import load_labeller
from models.weights.build import largest_activation
from models.weights.locate import find_weights
from models.weights.weight_file import Weights, read_weights

# Pixels as dlib's recogniser takes them: less the mean of each colour, divided by the scale.
MEAN, SCALE = (122.782, 117.001, 104.298), 256.0
# Cosine distance of the recogniser at which as many pairs of one person are missed as pairs of two are taken for
# one, on photographs of CelebA's test people at 64×64: `python -m benchmarks.face_api`.
SAME_PERSON_THRESHOLD = 0.105


@dataclass(frozen=True)
class LoadedEmbedder:
    """An `Embedder` that takes the features of a network.

    A recogniser's features were trained to tell people. Those of an attribute network were trained to tell
    attributes, so two photographs of one person are near each other only as far as their attributes agree.

    Attributes
    ----------
    name : str
    sha256 : str, hash of the network's file
    describe : callable, uint8 images (n, r, r, 3) to features (n, F)
    same_person_threshold : float or None, see `models.protocols.Embedder`
    """

    name: str
    sha256: str
    describe: Callable[[NDArray[np.uint8]], NDArray[np.floating]] = field(repr=False, compare=False)
    same_person_threshold: float | None = None

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Unit vectors, float32 (n, F), of uint8 images (n, r, r, 3) of any size.

        An image without any feature gets a row of zeros.
        """
        features = self.describe(images).astype(np.float32)
        lengths = np.linalg.norm(features, axis=1, keepdims=True)
        return np.divide(features, lengths, out=np.zeros_like(features), where=lengths > 0)


def load_embedder(
    path_or_name: str | Path,
    role: str = "embedder",
    *,
    batch: int | None = None,
    batch_size_cache: MutableMapping[str, Any] | None = None,
) -> LoadedEmbedder:
    """Load an embedder by the file or the name of a recogniser of faces or of an attribute network.

    Parameters
    ----------
    path_or_name, batch, batch_size_cache : as for `models.load_labeller`
    role : "embedder", "labeller" or "judge", which of the networks of that name; where there is no embedder, the
        labeller

    Raises
    ------
    UserError
        Where there is none of that name, or the file is neither.

    Example
    -------
    >>> embedder = models.load_embedder("celeba64", "judge")
    >>> cosine_distances(embedder(before), embedder(after))  # 0 where nothing has changed
    """
    path = find_weights(path_or_name, role)
    if file_kind(path) == "tlgan":
        weights = read_weights(path)
        if weights.kind == "face_recogniser":
            return _load_recogniser(path, weights, batch, batch_size_cache)
    labeller = load_labeller(path, role, batch=batch, batch_size_cache=batch_size_cache)
    return LoadedEmbedder(
        labeller.name, labeller.sha256, lambda images: labeller.features(labeller.crop(images))
    )


def _load_recogniser(
    path: Path, weights: Weights, batch: int | None, batch_size_cache: MutableMapping[str, Any] | None
) -> LoadedEmbedder:
    network = build_face_network(weights, str(path))
    window = face_chip_window(size=network.input_shape[1])
    identity = f"{weights.sha256} | describes"
    batch_size = choose_batch_size(largest_activation(network), identity, batch_size_cache, batch)

    def describe(images):
        pixels = crop_images(ops.cast(images, "float32"), window)
        return network((pixels - ops.convert_to_tensor(MEAN, "float32")) / SCALE, training=False)

    return LoadedEmbedder(
        path.name.removesuffix(".h5"),
        weights.sha256,
        compile_forward(describe, batch_size),
        SAME_PERSON_THRESHOLD,
    )


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
