"""A generator, labeller or data set by name and fingerprint, opened on demand."""

from __future__ import annotations

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


def unknown_features(count: int) -> NDArray[np.float32]:
    """Features of `count` rows that a labeller without images returns: one column of NaN."""
    return np.full((count, 1), np.nan, np.float32)
