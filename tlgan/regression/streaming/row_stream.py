"""Training and held-out rows of latents and responses, streamed in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from tlgan.array_types import Booleans, Floats, Indices
from tlgan.errors import UserError
from tlgan.regression.streaming.tree_sum import LEAF_TERMS, Terms, add_term, tree_sum
from tlgan.regression.streaming.workers import WorkerPool, map_in_order, worker_count

T = TypeVar("T")

CHUNK_ROWS = 4096  # read at a time, unless asked otherwise
LEAST_SQUARE, LARGEST_SQUARE = 1e-24, 1e24  # of the numbers of latents, in the mean


class Table(Protocol):
    """A NumPy array or an HDF5 dataset: something with a shape whose rows can be sliced."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows first."""

    def __getitem__(self, rows: slice, /) -> Any:
        """Rows as an array."""


def held_out_rows(start: int, stop: int, fraction: float, seed: int) -> Booleans:
    """Choose which of the rows `start` to `stop` are held out.

    The choice depends on the row's index and the seed alone, so it stays when rows are appended.

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
class TargetColumn:
    """A column to fit: a column of the responses, or one of its categories against the rest."""

    source: int
    category: float | None = None


class ResponseChunk(NamedTuple):
    """Responses of one chunk of rows.

    Attributes
    ----------
    start : int
        Index of the first row.
    responses : float64 array, shape (n, n_columns)
    held : bool array, shape (n,)
        Which rows are held out.
    """

    start: int
    responses: Floats
    held: Booleans


class LoadedRows(NamedTuple):
    """Latents (n, latent_dim) beside responses (n, k), both float64."""

    latents: Floats
    responses: Floats


@dataclass(frozen=True)
class Rows:
    """Latents beside responses, read in chunks and split into training and held-out rows.

    Attributes
    ----------
    latents : array or HDF5 dataset, shape (n_samples, latent_dim)
    responses : array or HDF5 dataset, shape (n_samples, n_sources)
    columns : tuple of TargetColumn
        What is yielded as responses, in this order.
    chunk_rows : int
        Rows read at a time.
    held_out : float
        Share of the rows that no fit sees.
    seed : int
        Of the held-out rows.
    worker_pool : WorkerPool, optional
        Who goes through the rows; the threads of this process without it.
    """

    latents: Table
    responses: Table
    columns: tuple[TargetColumn, ...]
    chunk_rows: int = CHUNK_ROWS
    held_out: float = 0.0
    seed: int = 0
    worker_pool: WorkerPool | None = None

    @property
    def latent_dim(self) -> int:
        """Length of a latent."""
        return int(self.latents.shape[1])

    @property
    def n_chunks(self) -> int:
        """Chunks that the rows are read in."""
        return -(-int(self.responses.shape[0]) // self.chunk_rows)

    def response_chunks(self) -> Iterator[ResponseChunk]:
        """Yield the responses of every chunk, without the latents."""
        n_samples = int(self.responses.shape[0])
        for start in range(0, n_samples, self.chunk_rows):
            yield self._responses(start)

    def first_training_latents(self) -> Floats:
        """Latents of the first chunk that has any, shape (n, latent_dim); zeros without training rows."""
        for start in range(0, int(self.responses.shape[0]), self.chunk_rows):
            if (loaded := self._load(start, None, False)) is not None:
                return loaded.latents
        return np.zeros((1, self.latent_dim))

    def total(
        self,
        function: Callable[[Floats, Floats], Terms],
        columns: Indices | None = None,
        *,
        held: bool = False,
    ) -> list[Floats]:
        """Add up what a function gives for every chunk, element by element.

        Parameters
        ----------
        function : callable
            As for `map`; returns arrays, or terms that are computed when they are added
            (`tlgan.regression.streaming.tree_sum.Addend`).
        columns : int array, shape (k,), optional
            All columns without it.
        held : bool
            Held-out instead of training rows.

        Returns
        -------
        list of float64 arrays
            The same to the last bit whatever the worker pool.

        Raises
        ------
        UserError
            For latents that are not finite.
        """
        work = partial(_apply_to_chunk, replace(self, worker_pool=None), function, columns, held)
        if self.worker_pool is None:
            with ThreadPoolExecutor(worker_count()) as pool:
                terms = map_in_order(pool, work, range(self.n_chunks))
                total = tree_sum(terms, self.n_chunks, LEAF_TERMS, pool.map)
        else:
            shards = _shards(self.n_chunks, self.worker_pool.shard_chunks)
            totals = self.worker_pool.map(partial(_shard_total, work, shards), range(len(shards)))
            total = tree_sum(totals, len(shards))
        if total is not None:
            return total
        width = len(self.columns) if columns is None else len(columns)
        nothing = function(np.zeros((0, self.latent_dim)), np.zeros((0, width)))
        return [add_term(None, term) for term in nothing]

    def map(
        self, function: Callable[[Floats, Floats], T], columns: Indices | None = None, *, held: bool = False
    ) -> Iterator[T]:
        """Apply a function to every chunk, on as many threads as the process has cores or by the worker pool.

        Parameters
        ----------
        function : callable
            Takes latents (n, latent_dim), its own to change, and responses (n, k). Rows where all
            of the `columns` are missing are left out; other missing responses are NaN. It can be
            pickled and holds no rows: a worker pool sends it to its workers.
        columns : int array, shape (k,), optional
            All columns without it.
        held : bool
            Held-out instead of training rows.

        Yields
        ------
        What the function returns, in the order of the rows. Few chunks are in memory at a time.

        Raises
        ------
        UserError
            For latents that are not finite.
        """
        work = partial(_apply_to_chunk, replace(self, worker_pool=None), function, columns, held)
        if self.worker_pool is None:
            with ThreadPoolExecutor(worker_count()) as pool:
                yield from _not_none(map_in_order(pool, work, range(self.n_chunks)))
        else:
            shards = _shards(self.n_chunks, self.worker_pool.shard_chunks)
            for results in self.worker_pool.map(partial(_shard_results, work, shards), range(len(shards))):
                yield from results

    def _responses(self, start: int) -> ResponseChunk:
        stop = min(start + self.chunk_rows, int(self.responses.shape[0]))
        responses = np.asarray(self.responses[start:stop], dtype=np.float64)
        held = held_out_rows(start, stop, self.held_out, self.seed)
        return ResponseChunk(start, self._expand(responses), held)

    def _load(self, start: int, columns: Indices | None, held: bool) -> LoadedRows | None:
        _, responses, is_held = self._responses(start)
        if columns is not None:
            responses = responses[:, columns]
        use = (is_held == held) & ~np.isnan(responses).all(axis=1)
        if not use.any():
            return None
        latents = np.asarray(self.latents[start : start + len(use)])[use].astype(np.float64)
        _check_latents(latents, start + np.flatnonzero(use))
        return LoadedRows(latents, responses[use])

    def _expand(self, responses: Floats) -> Floats:
        expanded = responses[:, [column.source for column in self.columns]]
        for index, column in enumerate(self.columns):
            if column.category is not None:
                known = ~np.isnan(expanded[:, index])
                expanded[known, index] = expanded[known, index] == column.category
        return expanded


def _apply_to_chunk(
    rows: Rows, function: Callable[[Floats, Floats], T], columns: Indices | None, held: bool, chunk: int
) -> T | None:
    """Apply a function to one chunk; None where the chunk has no rows to use."""
    loaded = rows._load(chunk * rows.chunk_rows, columns, held)
    return None if loaded is None else function(*loaded)


def _shards(n_chunks: int, size: int) -> list[range]:
    """The chunks of every shard."""
    return [range(first, min(first + size, n_chunks)) for first in range(0, n_chunks, size)]


def _shard_total(work: Callable[[int], Terms | None], shards: list[range], shard: int) -> list[Floats] | None:
    with threadpool_limits(1, user_api="blas"):
        return tree_sum(map(work, shards[shard]), len(shards[shard]), LEAF_TERMS)


def _shard_results(work: Callable[[int], T | None], shards: list[range], shard: int) -> list[T]:
    with threadpool_limits(1, user_api="blas"):
        return list(_not_none(map(work, shards[shard])))


def _check_latents(latents: Floats, numbers: Indices) -> None:
    """Refuse latents that are not finite, or whose products with one another would not be."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.vdot(latents, latents)
    if squares == 0 or LEAST_SQUARE <= squares / latents.size <= LARGEST_SQUARE:
        return
    finite = np.isfinite(latents).all(axis=1)
    if not finite.all():
        raise UserError(f"`latents` must be finite. Row {numbers[~finite][0]} is not; leave it out.")
    raise UserError(
        "`latents` must have numbers of a size from 1e-12 to 1e12, about 1 best. "
        f"Got {np.abs(latents).max():.3g} as the largest; scale them."
    )


def _not_none(results: Iterable[T | None]) -> Iterator[T]:
    return (result for result in results if result is not None)
