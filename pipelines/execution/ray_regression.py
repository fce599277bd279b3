"""Fits on a Ray cluster: every worker keeps its shards of the rows; functions go out, partial sums come back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import numpy as np

from pipelines.execution.ray_cluster import import_ray, join, result_of
from pipelines.recipe.sections import Ray
from tlgan.regression.streaming.lazy_tables import DrawnLatents, FitTables
from tlgan.regression.streaming.row_stream import CHUNK_ROWS, Table
from tlgan.regression.streaming.workers import shard_size

T = TypeVar("T")

RESTARTS = 20  # of a worker that dies: one that lacks memory would do so for ever
AHEAD = 2  # shards under way for each worker
TROUBLE = (
    f"A worker of the fit must outlive its shards; it may be replaced {RESTARTS} times. Got one death more. "
    "Give workers more memory (fewer on a machine: `ray.workers`), then run the same command again."
)


@contextmanager
def shard_tables(options: Ray, latents: DrawnLatents, responses: Table) -> Iterator[FitTables]:
    """The tables of a fit for workers of the cluster, and the pool of these workers.

    Workers draw the latents of their shards themselves, fetch the responses of their shards, and keep both
    until the context ends. There is one for each core; none is reserved, so that the shards of a lost node
    find room on the others.

    Raises
    ------
    UserError
        Where the cluster cannot be joined.
    """
    join(options)
    nodes = worker_nodes(options.workers)
    size = shard_size(-(-latents.count // CHUNK_ROWS), len(nodes))
    stored = StoredTable(responses, size * CHUNK_ROWS)
    pool = RayWorkerPool(nodes[: len(stored.shards)], size)
    try:
        yield FitTables(CachedTable(latents), stored, pool)
    finally:
        pool.close()


def worker_nodes(workers: int) -> list[str]:
    """The node of each worker: as many as asked for, at most one for each core, dealt out to the nodes in turn."""
    nodes = [node for node in import_ray().nodes() if node["Alive"]]
    cores = [(core, node["NodeID"]) for node in nodes for core in range(int(node["Resources"].get("CPU", 0)))]
    return [node for _, node in sorted(cores)][: workers or None] or [nodes[0]["NodeID"]]


class RayWorkerPool:
    """Ray actors that go through shards of rows, as `tlgan.regression.streaming.workers` describes.

    A shard always goes to the same one; a dead one is replaced.

    Parameters
    ----------
    nodes : list of str
        Where each worker is, as long as that node is there.
    shard_chunks : int
    """

    def __init__(self, nodes: list[str], shard_chunks: int) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy as On

        actor = import_ray().remote(num_cpus=0, max_restarts=RESTARTS, max_task_retries=-1)(_Worker)
        self.shard_chunks = shard_chunks
        self.workers = [actor.options(scheduling_strategy=On(node, soft=True)).remote() for node in nodes]

    def map(self, function: Callable[[int], T], shards: range) -> Iterator[T]:
        """Yield what the function returns for each shard, in the order of the shards."""
        work = import_ray().put(function)
        waiting: deque[Any] = deque()
        for shard in shards:
            waiting.append(self.workers[shard % len(self.workers)].work.remote(work, shard))
            if len(waiting) >= AHEAD * len(self.workers):
                yield result_of(waiting.popleft(), TROUBLE)
        while waiting:
            yield result_of(waiting.popleft(), TROUBLE)

    def close(self) -> None:
        """End the workers, with all they keep."""
        for worker in self.workers:
            import_ray().kill(worker)


class _Worker:
    def work(self, function: Callable[[int], T], shard: int) -> T:
        return function(shard)


@dataclass(frozen=True)
class CachedTable:
    """A table of which a process computes every part once; between processes only its description is sent.

    Attributes
    ----------
    table : DrawnLatents
    """

    table: DrawnLatents

    @property
    def shape(self) -> tuple[int, ...]:
        return self.table.shape

    def __getitem__(self, rows: slice, /) -> np.ndarray:
        start, stop, _ = rows.indices(self.shape[0])
        return _computed_rows(self.table, start, stop)


@cache
def _computed_rows(table: DrawnLatents, start: int, stop: int) -> np.ndarray:
    return np.asarray(table[start:stop])


class StoredTable:
    """A table whose shards lie in the cluster's store; another process fetches each once, on demand.

    Parameters
    ----------
    table : Table
        It stays in this process.
    shard_rows : int
        No slice that is asked for elsewhere reaches over a multiple of it.
    """

    def __init__(self, table: Table, shard_rows: int) -> None:
        put = import_ray().put
        self.table, self.shard_rows, self.shape = table, shard_rows, tuple(table.shape)
        starts = range(0, self.shape[0], shard_rows)
        self.shards = [put(np.asarray(table[start : start + shard_rows])) for start in starts]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "table": None}

    def __getitem__(self, rows: slice, /) -> np.ndarray:
        start, stop, _ = rows.indices(self.shape[0])
        if self.table is not None:
            return np.asarray(self.table[start:stop])
        shard, first = divmod(start, self.shard_rows)
        return _stored_rows(self.shards[shard])[first : first + stop - start]


@cache
def _stored_rows(reference: Any) -> np.ndarray:
    array: np.ndarray = import_ray().get(reference)
    return array
