"""Training and held-out rows of latents and responses, streamed in chunks."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from tlgan.errors import UserError

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.intp]
Bool = npt.NDArray[np.bool_]
T = TypeVar("T")


class Table(Protocol):
    """A NumPy array or an HDF5 dataset: something with a shape whose rows can be sliced."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows first."""

    def __getitem__(self, rows: slice, /) -> Any:
        """Rows as an array."""


def worker_count() -> int:
    """Threads worth starting: the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def held_out_rows(start: int, stop: int, fraction: float, seed: int) -> Bool:
    """Say which of the rows `start` to `stop` are held out.

    The choice hangs on the row's index and the seed alone, so it stays when rows are appended.

    Parameters
    ----------
    start, stop : int
        Half-open range of row indices.
    fraction : float
        Expected share of held-out rows, 0 to 1.
    seed : int
        Different seeds hold out different rows.

    Returns
    -------
    bool array, shape (stop - start,)

    Notes
    -----
    The index is hashed with SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
    generators", OOPSLA 2014, figure 17).
    """
    golden = 0x9E3779B97F4A7C15
    key = _mix(np.uint64(((seed + 1) * golden) % 2**64))
    with np.errstate(over="ignore"):
        hashed = _mix((np.arange(start, stop, dtype=np.uint64) ^ key) * np.uint64(golden))
    return np.asarray((hashed >> np.uint64(11)).astype(np.float64) * 2.0**-53 < fraction)


def _mix(z: Any) -> Any:
    with np.errstate(over="ignore"):
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


@dataclass(frozen=True)
class Column:
    """One fitted column: a column of the responses, or one category of it against the rest."""

    source: int
    category: float | None = None


@dataclass(frozen=True)
class Rows:
    """Latents beside responses, read in chunks and split into training and held-out rows.

    Attributes
    ----------
    latents : array or HDF5 dataset, shape (n_samples, latent_dim)
    responses : array or HDF5 dataset, shape (n_samples, n_sources)
    columns : tuple of Column
        What is yielded as responses, in this order.
    chunk_rows : int
        Rows read at a time.
    held_out : float
        Share of the rows that no fit sees.
    seed : int
        Of the held-out rows.
    """

    latents: Table
    responses: Table
    columns: tuple[Column, ...]
    chunk_rows: int = 4096
    held_out: float = 0.0
    seed: int = 0

    @property
    def latent_dim(self) -> int:
        """Length of a latent."""
        return int(self.latents.shape[1])

    def response_chunks(self) -> Iterator[tuple[int, Float, Bool]]:
        """Yield (first row, responses, which are held out) of every chunk, without the latents."""
        n_samples = int(self.responses.shape[0])
        for start in range(0, n_samples, self.chunk_rows):
            yield start, *self._responses(start)

    def first_training_latents(self) -> Float:
        """Latents of the first chunk that has any, shape (n, latent_dim); zeros without training rows."""
        for start in range(0, int(self.responses.shape[0]), self.chunk_rows):
            if (loaded := self._load(start, None, False)) is not None:
                return loaded[0]
        return np.zeros((1, self.latent_dim))

    def map(
        self, function: Callable[[Float, Float], T], columns: Int | None = None, *, held: bool = False
    ) -> Iterator[T]:
        """Apply a function to every chunk, on as many threads as the process has cores.

        Parameters
        ----------
        function : callable
            Takes latents (n, latent_dim), its own to change, and responses (n, k). Rows where all
            of the `columns` are missing are left out; other missing responses are NaN.
        columns : int array, shape (k,), optional
            All columns without it.
        held : bool
            Held-out instead of training rows.

        Yields
        ------
        What the function returns, in the order of the rows. Few chunks are under way at a time.

        Raises
        ------
        UserError
            For latents that are not finite.
        """

        def apply(start: int) -> T | None:
            loaded = self._load(start, columns, held)
            return None if loaded is None else function(*loaded)

        workers = worker_count()
        with ThreadPoolExecutor(workers) as pool:
            pending: deque[Future[T | None]] = deque()
            for start in range(0, int(self.responses.shape[0]), self.chunk_rows):
                pending.append(pool.submit(apply, start))
                if len(pending) > 2 * workers and (result := pending.popleft().result()) is not None:
                    yield result
            while pending:
                if (result := pending.popleft().result()) is not None:
                    yield result

    def _responses(self, start: int) -> tuple[Float, Bool]:
        stop = min(start + self.chunk_rows, int(self.responses.shape[0]))
        responses = np.asarray(self.responses[start:stop], dtype=np.float64)
        return self._expand(responses), held_out_rows(start, stop, self.held_out, self.seed)

    def _load(self, start: int, columns: Int | None, held: bool) -> tuple[Float, Float] | None:
        responses, is_held = self._responses(start)
        if columns is not None:
            responses = responses[:, columns]
        use = (is_held == held) & ~np.isnan(responses).all(axis=1)
        if not use.any():
            return None
        latents = np.asarray(self.latents[start : start + len(use)])[use].astype(np.float64)
        if not np.isfinite(latents.sum()):
            row = start + int(np.flatnonzero(use)[~np.isfinite(latents).all(axis=1)][0])
            raise UserError(f"`latents` must be finite. Row {row} is not; leave it out.")
        return latents, responses[use]

    def _expand(self, responses: Float) -> Float:
        expanded = responses[:, [column.source for column in self.columns]]
        for index, column in enumerate(self.columns):
            if column.category is not None:
                known = ~np.isnan(expanded[:, index])
                expanded[known, index] = expanded[known, index] == column.category
        return expanded


@dataclass(frozen=True)
class Summary:
    """What one look at the training responses tells, per column.

    Attributes
    ----------
    counts : int array, shape (n_columns,)
        Responses that are not missing.
    means : float64 array, shape (n_columns,)
        0 where all are missing.
    constant : bool array, shape (n_columns,)
        Fewer than two different values.
    hard : bool array, shape (n_columns,)
        Only 0 and 1 occur.
    patterns : int array, shape (n_columns,)
        Columns that miss the same rows share a number, from 0 without gaps.
    """

    counts: Int
    means: Float
    constant: Bool
    hard: Bool
    patterns: Int


def summarise(rows: Rows) -> Summary:
    """Look once at the training responses."""
    width = len(rows.columns)
    counts = np.zeros(width, dtype=np.intp)
    sums = np.zeros(width)
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    hard = np.ones(width, dtype=np.bool_)
    patterns = np.zeros(width, dtype=np.intp)
    for _, responses, held in rows.response_chunks():
        responses = responses[~held]
        present = ~np.isnan(responses)
        counts += present.sum(axis=0)
        sums += responses.sum(axis=0, where=present)
        low = np.fmin(low, responses.min(axis=0, where=present, initial=np.inf))
        high = np.fmax(high, responses.max(axis=0, where=present, initial=-np.inf))
        hard &= ((responses == 0) | (responses == 1) | ~present).all(axis=0)
        if not present.all():
            local = np.unique(present, axis=1, return_inverse=True)[1].ravel()
            patterns = np.unique(patterns * width + local, return_inverse=True)[1]
    means = sums / np.maximum(counts, 1)
    return Summary(counts, means, low >= high, hard, np.asarray(patterns, dtype=np.intp))
