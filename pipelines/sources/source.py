"""A generator, labeller or data set by name and fingerprint, opened on demand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BATCH_SIZES = "batch-sizes"  # rows at a time, by device and network: artifacts/batch-sizes.json


@dataclass(frozen=True)
class Source:
    """A generator, labeller or data set by name and fingerprint, opened on demand.

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
        Of a labeller: whether it looks at images, as `models.protocols.Labeller.reads_images`.
    """

    name: str
    fingerprint: str
    opener: Callable[[Any], Any] = field(repr=False, compare=False)
    weights: Path | None = None
    by_hand: bool = False
    reads_images: bool = True

    def open(self) -> Any:
        """Open it, once: a `Generator`, a `Labeller` or labelled images."""
        return self._opened

    @cached_property
    def _opened(self) -> Any:
        return self.opener(self.weights)


class ImagelessLabeller(ABC):
    """What labellers share that read no image: their features are unknown."""

    reads_images = False

    @abstractmethod
    def score_rows(self, images: Any, latents: np.ndarray, start: int) -> NDArray[np.float32]:
        """See `models.protocols.Labeller`."""

    def score_and_features(
        self, images: Any, latents: np.ndarray, start: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scores as `score_rows`, and one column of NaN for the features, as no image is read."""
        return self.score_rows(images, latents, start), np.full((len(latents), 1), np.nan, np.float32)
