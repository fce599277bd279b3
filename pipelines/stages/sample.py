"""Stage `sample`: latents, drawn row by row, and the images that the generator makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from pipelines.execution.block_jobs import Block, block_rows, blocks, drawing, drawing_latents
from pipelines.execution.failed_rows import saving_failed_row
from pipelines.execution.keras_import import import_quietly
from pipelines.execution.local import run_blocks, run_blocks_here
from pipelines.recipe.load import Recipe
from pipelines.sources.generators import generator_source
from pipelines.sources.source import Source
from pipelines.workflow.lock import locked
from pipelines.workflow.paths import in_cache
from pipelines.workflow.progress import counting
from pipelines.workflow.step import Step
from tlgan.storage.checksums import reading_hdf5
from tlgan.storage.row_files import RowDataset, RowWriter, map_rows

if TYPE_CHECKING:
    from models.protocols import Generator


def plan_sample(recipe: Recipe) -> Step:
    """Plan the step that draws `sample.count` latents and, where they are to be kept, their images."""
    source = generator_source(recipe)
    return Step(
        stage="sample",
        uses_networks=True,
        title="sample",
        version=1,
        parameters={"seed": recipe.sample.seed},
        inputs={"generator": source.fingerprint},
        place=in_cache("samples" if recipe.sample.keep_images else "latents"),
        work=lambda step: _sample(recipe, source, step),
        rows=recipe.sample.count,
    )


def _sample(recipe: Recipe, source: Source, step: Step) -> None:
    generator = source.open()
    columns = [RowDataset("latents", (generator.latent_dim,), "<f4")]
    if recipe.sample.keep_images:
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
        saving_failed_row(step.output),
        RowWriter(step.output, columns, step.rows, attributes) as writer,
        counting(step.title, step.rows, writer.done) as progress,
    ):
        for block in _draw_blocks(recipe, source, writer.done, step.rows):
            writer.append({column.name: getattr(block, column.name) for column in columns})
            progress.advance(block.count)


def _draw_blocks(recipe: Recipe, source: Source, start: int, stop: int) -> Iterator[Block]:
    """Blocks with latents and, where they are kept, images, from row `start` to `stop`."""
    if not recipe.sample.keep_images:
        size = block_rows(recipe, resolution=1)
        return run_blocks_here(drawing_latents(source, recipe.sample.seed), blocks(start, stop, size))
    generator = source.open()
    size = block_rows(recipe, generator.resolution, generator.batch)
    return run_blocks(recipe, drawing(source, recipe.sample.seed), blocks(start, stop, size))


def sampled_images(sample: Step, rows: slice, open_generator: Callable[[], Generator]) -> np.ndarray:
    """Images of a sample: as its file keeps them, or drawn once more where it keeps none.

    Parameters
    ----------
    rows : slice with a start and a stop
    open_generator : callable, gives the generator where it is needed

    Returns
    -------
    uint8 array, shape (n, R, R, 3)
    """
    with reading_hdf5(sample.output) as file:
        has_images = "images" in file
    if has_images:
        return map_rows(sample.output, "images", rows.stop)[rows]
    import_quietly()
    return open_generator()(map_rows(sample.output, "latents", rows.stop)[rows])
