"""The tables of a fit, in this process or in shards on a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines.recipe.load import Recipe
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.storage.row_files import read_attributes

if TYPE_CHECKING:
    from tlgan.regression.streaming.row_stream import Table
    from tlgan.regression.streaming.workers import Crew


@dataclass(frozen=True, eq=False)
class FitTables:
    """What `tlgan.regression.fit.fit_glms` reads, N rows.

    Attributes
    ----------
    latents : Table, shape (N, D)
    responses : Table, shape (N, K)
    pool : Crew or None
        Workers that have the rows in shards; None for the threads of this process.
    """

    latents: Table
    responses: Table
    pool: Crew | None = None


@contextmanager
def open_fit_tables(recipe: Recipe, sample: Step, latents: Table, responses: Table) -> Iterator[FitTables]:
    """The tables of a fit for this process, or for the cluster that the recipe names.

    On a cluster, workers draw the latents again in place of receiving them.

    Raises
    ------
    UserError
        Where the latents drawn here differ from the sampled ones, or the cluster cannot be joined.
    """
    if recipe.engine == "local":
        yield FitTables(latents, responses)
        return
    from pipelines.execution.ray_regression import shard_tables
    from tlgan.regression.streaming.lazy_tables import DrawnLatents

    facts = read_attributes(sample.output)
    drawn = DrawnLatents(facts["latent_dim"], sample.rows, facts["latent_space"], recipe.sample.seed)
    if not np.array_equal(drawn[0:100], latents[0:100]):  # another NumPy or SciPy drew them
        raise UserError(
            f"{sample.output}: latents must be those that `sample.seed` draws here. Got others; fit with "
            '`engine = "local"`, or delete the file and sample again.'
        )
    with shard_tables(recipe.ray, drawn, responses) as tables:
        yield tables
