"""Blocks of rows computed in this process, a thread for each transform, or sent to a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from pipelines.execution.block_jobs import BlockJob
from pipelines.recipe.load import Recipe

T = TypeVar("T")


def run_blocks(recipe: Recipe, job: BlockJob, blocks: Iterable[Any]) -> Iterator[Any]:
    """Yield each block as a job leaves it, in the order of the blocks.

    With `engine = "ray"` the workers of the cluster compute a block each.
    """
    if recipe.engine == "ray":
        from pipelines.execution.ray_tasks import run_blocks_on_cluster

        return run_blocks_on_cluster(recipe.ray, job, blocks)
    return run_blocks_here(job, blocks)


def run_blocks_here(job: BlockJob, blocks: Iterable[Any]) -> Iterator[Any]:
    """Yield each block as a job leaves it, computed in this process.

    Every transform of the job is one block ahead of the next, in a thread of its own: a block is drawn while
    the one before it is labelled and the one before that is written.
    """
    for transform in job.transforms():
        blocks = prefetch(map(transform, blocks))
    return iter(blocks)


def prefetch(items: Iterable[T]) -> Iterator[T]:
    """Yield the same items; while one is in use, the next is made in a thread of its own."""
    iterator = iter(items)

    def following() -> list[T]:
        return list(islice(iterator, 1))

    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(following)
        while item := coming.result():
            coming = pool.submit(following)
            yield item[0]
