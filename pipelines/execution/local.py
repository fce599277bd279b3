"""The engine: who works on the blocks of a job, and in what order they come back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from pipelines.execution.block_jobs import Job
from pipelines.recipe.load import Recipe

T = TypeVar("T")


def worked(recipe: Recipe, job: Job, blocks: Iterable[Any]) -> Iterator[Any]:
    """What a job makes of each block, in the order of the blocks.

    With `engine = "ray"` the workers of the cluster have a block each.
    """
    if recipe.engine == "ray":
        from pipelines.execution.ray_tasks import worked_on_cluster

        return worked_on_cluster(recipe.ray, job, blocks)
    return worked_here(job, blocks)


def worked_here(job: Job, blocks: Iterable[Any]) -> Iterator[Any]:
    """The same in this process, where every act of the job is one block ahead of the next, in a thread of its own.

    A block is drawn while the one before it is labelled and the one before that is written.
    """
    for act in job.acts():
        blocks = ahead(map(act, blocks))
    return iter(blocks)


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items; while one is in use, the next is made in a thread of its own."""
    end = object()
    iterator = iter(items)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, iterator, end)
        while (item := coming.result()) is not end:
            coming = pool.submit(next, iterator, end)
            yield item
