"""Where work on rows is done: in this process, a thread for each transform, or on the recipe's cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from pipelines.execution.block_jobs import BlockJob
from pipelines.recipe.load import Recipe
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.storage.row_files import read_attributes

if TYPE_CHECKING:
    from tlgan.regression.streaming.lazy_tables import FitTables
    from tlgan.regression.streaming.row_stream import Table

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


@contextmanager
def open_fit_tables(recipe: Recipe, sample: Step, latents: Table, responses: Table) -> Iterator[FitTables]:
    """The tables of a fit for this process, or for the cluster that the recipe names.

    On a cluster, workers draw the latents again in place of receiving them.

    Raises
    ------
    UserError
        Where the latents drawn here differ from the sampled ones, or the cluster cannot be joined.
    """
    from tlgan.regression.streaming.lazy_tables import DrawnLatents, FitTables

    if recipe.engine == "local":
        yield FitTables(latents, responses)
        return
    from pipelines.execution.ray_regression import shard_tables

    facts = read_attributes(sample.output)
    drawn = DrawnLatents(facts["latent_dim"], sample.rows, facts["latent_space"], recipe.sample.seed)
    if not np.array_equal(drawn[0:100], latents[0:100]):  # another NumPy or SciPy drew them
        raise UserError(
            f"{sample.output}: latents must be those that `sample.seed` draws here. Got others; fit with "
            '`engine = "local"`, or delete the file and sample again.'
        )
    with shard_tables(recipe.ray, drawn, responses) as tables:
        yield tables
