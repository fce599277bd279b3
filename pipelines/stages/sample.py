"""Stage `sample`: latents, drawn row by row, and the images that the generator makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import h5py
import numpy as np

from pipelines.execution.block_jobs import block_rows, blocks, drawing, drawing_latents
from pipelines.execution.keras_import import import_quietly
from pipelines.execution.local import worked, worked_here
from pipelines.recipe.load import Recipe
from pipelines.sources.generators import generator_source
from pipelines.workflow.lock import locked
from pipelines.workflow.paths import in_cache
from pipelines.workflow.progress import counting
from pipelines.workflow.step import Step
from tlgan.storage.row_files import RowDataset, RowWriter, map_rows

if TYPE_CHECKING:
    from models.protocols import Generator


def plan_sample(recipe: Recipe) -> Step:
    """The step that draws `sample.count` latents and, where they are to be kept, their images."""
    source = generator_source(recipe)
    kept, seed = recipe.sample.keep_images, recipe.sample.seed

    def work(step: Step) -> None:
        generator = source.open()
        columns = [RowDataset("latents", (generator.latent_dim,), "<f4")]
        if kept:
            columns.append(RowDataset("images", (generator.resolution, generator.resolution, 3), "u1"))
        attributes = step.attributes() | {
            "generator": generator.name,
            "generator_sha256": generator.sha256,
            "latent_dim": generator.latent_dim,
            "latent_space": generator.latent_space,
            **generator.attributes,
        }
        with (
            locked(step.output),
            RowWriter(step.output, columns, step.rows, attributes) as writer,
            counting(step.title, step.rows, writer.done) as progress,
        ):
            if kept:
                size = block_rows(recipe, generator.resolution, generator.batch)
                drawn = worked(recipe, drawing(source, seed), blocks(writer.done, step.rows, size))
            else:
                rows = blocks(writer.done, step.rows, block_rows(recipe, resolution=1))
                drawn = worked_here(drawing_latents(source, seed), rows)
            for block in drawn:
                writer.append({column.name: getattr(block, column.name) for column in columns})
                progress.advance(block.count)

    return Step(
        stage="sample",
        title="sample",
        version=1,
        parameters={"seed": seed},
        inputs={"generator": source.fingerprint},
        place=in_cache("samples" if kept else "latents"),
        work=work,
        rows=recipe.sample.count,
    )


def sampled_images(sample: Step, rows: slice, opened: Callable[[], Generator]) -> np.ndarray:
    """Images of a sample: as its file keeps them, or drawn once more where it keeps none.

    Parameters
    ----------
    rows : slice with a start and a stop
    opened : callable, gives the generator where it is needed

    Returns
    -------
    uint8 array, shape (n, R, R, 3)
    """
    with h5py.File(sample.output) as file:
        kept = "images" in file
    if kept:
        return map_rows(sample.output, "images", rows.stop)[rows]
    import_quietly()
    return opened()(map_rows(sample.output, "latents", rows.stop)[rows])
