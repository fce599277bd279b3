"""Tables that a fit reads without holding their rows: drawn from a seed, or part of another table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlgan.array_types import Floats
from tlgan.latents.sampling import draw_latents
from tlgan.regression.streaming.row_stream import Table, held_out_rows
from tlgan.regression.streaming.workers import WorkerPool


@dataclass(frozen=True)
class DrawnLatents:
    """The first latents of a seed, drawn whenever rows are read.

    Attributes
    ----------
    latent_dim, count : int
    space : str
        As for `tlgan.latents.sampling.draw_latents`.
    seed : int
    """

    latent_dim: int
    count: int
    space: str = "sphere"
    seed: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, then their length."""
        return self.count, self.latent_dim

    def __getitem__(self, rows: slice, /) -> NDArray[np.float32]:
        start, stop, _ = rows.indices(self.count)
        return draw_latents(start, max(0, stop - start), self.latent_dim, space=self.space, seed=self.seed)


@dataclass(frozen=True)
class FirstRows:
    """The first rows of a table.

    Attributes
    ----------
    table : Table
    count : int
        At most the table's.
    """

    table: Table
    count: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows first."""
        return self.count, *self.table.shape[1:]

    def __getitem__(self, rows: slice, /) -> NDArray[np.generic]:
        start, stop, _ = rows.indices(self.count)
        return np.asarray(self.table[start:stop])


@dataclass(frozen=True)
class HalfKnown:
    """A table in which a random half of the rows is missing (NaN).

    Attributes
    ----------
    table : Table
    seed : int
        Of the half, as for `tlgan.regression.streaming.row_stream.held_out_rows`.
    other : bool
        The other half is missing.
    """

    table: Table
    seed: int
    other: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows first."""
        return self.table.shape

    def __getitem__(self, rows: slice, /) -> Floats:
        start, stop, _ = rows.indices(self.shape[0])
        known = held_out_rows(start, stop, 0.5, self.seed) != self.other
        return np.where(known[:, None], np.asarray(self.table[start:stop], np.float64), np.nan)


@dataclass(frozen=True, eq=False)
class FitTables:
    """What `tlgan.regression.fit.fit_glms` reads, N rows.

    Attributes
    ----------
    latents : Table, shape (N, D)
    responses : Table, shape (N, K)
    pool : WorkerPool or None
        Workers that have the rows in shards; None for the threads of this process.
    """

    latents: Table
    responses: Table
    pool: WorkerPool | None = None
