"""Where a generator, a labeller or a data set comes from, before it is there or opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

BATCH_SIZES = "batch-sizes"  # rows at a time, by device and network: artifacts/batch-sizes.json


@dataclass(frozen=True)
class Source:
    """Where something comes from, before it is there or opened.

    Attributes
    ----------
    name : str
        For titles and tables.
    fingerprint : str
        Of all that decides what it gives.
    opener : callable
        Opens it, given the path of its weight file (None where it is built in).
    weights : Path or None
        Its weight file, which may be yet to be trained; None where it is built in.
    by_hand : bool
        Whether it is a table of labels, which knows a few sampled images alone.
    reads_images : bool
        Of a labeller: whether it looks at images, as `RowLabeller.reads_images`.
    """

    name: str
    fingerprint: str
    opener: Callable[[Any], Any] = field(repr=False, compare=False)
    weights: Path | None = None
    by_hand: bool = False
    reads_images: bool = True

    def open(self) -> Any:
        """Open it, once: a `Generator`, a `RowLabeller` or labelled images."""
        return self._opened

    @cached_property
    def _opened(self) -> Any:
        return self.opener(self.weights)


class RowLabeller(Protocol):
    """What scores the rows of a sample: a network, a table of labels by hand, or known factors.

    Attributes
    ----------
    name : str
    names, kinds, units : tuple of str
        One entry for each of K attributes.
    reads_images : bool
        Whether it looks at images. If it does not, any images will do, or None.
    """

    @property
    def name(self) -> str: ...

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def kinds(self) -> tuple[str, ...]: ...

    @property
    def units(self) -> tuple[str, ...]: ...

    @property
    def reads_images(self) -> bool: ...

    def score_rows(self, images: Any, latents: np.ndarray, start: int) -> NDArray[np.float32]:
        """Score rows of a sample.

        Parameters
        ----------
        images : uint8 array, shape (n, R, R, 3), or None
        latents : float array, shape (n, latent_dim)
            Of which the images were made.
        start : int
            Number of the first row.

        Returns
        -------
        float32 array, shape (n, K)
            Logits of binary attributes, values of the others, NaN where unknown.
        """
