"""Who works through the rows of a fit: the threads of this process, or a crew of other processes."""

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

    A shard is `shard_chunks` chunks, always the same rows under the same number, so a worker that is
    given a shard again and again may keep its rows. The number changes no result.
    """

    @property
    def shard_chunks(self) -> int:
        """Chunks of rows in a shard: 8 · 2^k (see `shard_size`)."""

    def map(self, function: Callable[[int], T], shards: range, /) -> Iterator[T]:
        """What the function, which can be pickled, makes of each shard, in the order of the shards."""


def shard_size(n_chunks: int, workers: int) -> int:
    """The largest number of chunks in a shard with which each of the workers has three shards or more.

    Fewer shards are fewer sums to send; more are dealt out more evenly.
    """
    size = LEAF_TERMS
    while -(-n_chunks // (2 * size)) >= 3 * workers:
        size *= 2
    return size


def check_worker_pool(worker_pool: WorkerPool) -> None:
    """Refuse shards that would change the order of the sums."""
    pairs, rest = divmod(worker_pool.shard_chunks, LEAF_TERMS)
    if rest or pairs.bit_count() != 1:
        raise UserError(
            f"`worker_pool.shard_chunks` must be {LEAF_TERMS} times a power of two; see "
            f"tlgan.regression.streaming.workers.shard_size. Got {worker_pool.shard_chunks}."
        )


def worker_count() -> int:
    """Threads worth starting: the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_in_order(pool: Executor, function: Callable[[int], T], numbers: Iterable[int]) -> Iterator[T]:
    """As the pool's own `map`, with few numbers under way at a time."""
    pending: deque[Future[T]] = deque()
    for number in numbers:
        pending.append(pool.submit(function, number))
        if len(pending) > 2 * worker_count():
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()
