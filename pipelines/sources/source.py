"""Where a generator, a labeller or a data set comes from, before it is there or opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

BATCH_SIZES = "batch-sizes"  # rows at a time, by device and network: artifacts/batch-sizes.json


@dataclass(frozen=True)
class Source:
    """Where something comes from, before it is there or opened.

    Attributes
    ----------
    name : str, for titles and tables
    fingerprint : str, of all that decides what it says
    opener : callable, gives what is meant from the Path of its weight file
    weights : Path of its weight file, which may be yet to be trained; None where it is built in
    by_hand : bool, whether it is a table of labels, which knows a few sampled images alone
    """

    name: str
    fingerprint: str
    opener: Callable[[Path | None], Any] = field(repr=False, compare=False)
    weights: Path | None = None
    by_hand: bool = False

    def open(self) -> Any:
        """The `Generator`, `Labeller`, `LabelTable`, `Oracle` or labelled images; opened once."""
        return self._opened

    @cached_property
    def _opened(self) -> Any:
        return self.opener(self.weights)
