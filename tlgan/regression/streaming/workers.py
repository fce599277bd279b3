"""Workers that go through the rows of a fit: threads of this process, or a pool of other processes."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Protocol, TypeVar

from tlgan.errors import UserError
from tlgan.regression.streaming.tree_sum import LEAF_TERMS

T = TypeVar("T")


class WorkerPool(Protocol):
    """Workers that go through shards of rows, like a `concurrent.futures.Executor`.

    A shard is `shard_chunks` chunks of rows. A shard's number always stands for the same rows, so a
    worker that is given a shard again may have stored them. The shard size changes no result.
    """

    @property
    def shard_chunks(self) -> int:
        """Chunks of rows in a shard: 8 · 2^k (see `shard_size`)."""

    def map(self, function: Callable[[int], T], shards: range, /) -> Iterator[T]:
        """Apply a function, which can be pickled, to each shard; yield results in the order of the shards."""


def shard_size(n_chunks: int, workers: int) -> int:
    """Choose the largest shard, in chunks, with which each worker has three shards or more.

    Fewer shards are fewer totals to send; more shards are spread more evenly.
    """
    size = LEAF_TERMS
    while -(-n_chunks // (2 * size)) >= 3 * workers:
        size *= 2
    return size


def check_worker_pool(worker_pool: WorkerPool) -> None:
    """Refuse shard sizes that would change the order in which chunks are added."""
    pairs, rest = divmod(worker_pool.shard_chunks, LEAF_TERMS)
    if rest or pairs.bit_count() != 1:
        raise UserError(
            f"`worker_pool.shard_chunks` must be {LEAF_TERMS} times a power of two; see "
            f"tlgan.regression.streaming.workers.shard_size. Got {worker_pool.shard_chunks}."
        )


def worker_count() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_in_order(pool: Executor, function: Callable[[int], T], numbers: Iterable[int]) -> Iterator[T]:
    """Like the pool's own `map`, with few numbers submitted at a time."""
    pending: deque[Future[T]] = deque()
    for number in numbers:
        pending.append(pool.submit(function, number))
        if len(pending) > 2 * worker_count():
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()
