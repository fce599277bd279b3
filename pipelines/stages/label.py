"""Stage `label`: what each labeller reads in the sampled images."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np

from pipelines.execution.block_jobs import Block, block_rows, blocks, drawing_and_labelling, labelling
from pipelines.execution.local import worked, worked_here
from pipelines.recipe.load import Recipe
from pipelines.sources.generators import generator_source
from pipelines.sources.source import Source
from pipelines.workflow.lock import locked
from pipelines.workflow.paths import in_cache
from pipelines.workflow.progress import counting
from pipelines.workflow.step import Step
from tlgan.storage.row_files import RowDataset, RowWriter, map_rows, rows_done


def plan_labels(
    recipe: Recipe, sources: Sequence[Source], sample: Step, rows: int | None = None
) -> list[Step]:
    """The steps in which labellers score sampled images, all of them unless `rows` says how many.

    Where images are not kept, the first of these steps draws them and has all labellers read them that
    are not finished.
    """
    steps: list[Step] = []

    def work(step: Step) -> None:
        source = sources[steps.index(step)]
        together = {step.output: (step, source)}
        if source.by_hand:
            source.open().check_rows(rows_done(sample.output))  # it may know images beyond those of this run
        elif not recipe.sample.keep_images:
            for other, by in zip(steps, sources, strict=True):
                if not by.by_hand and rows_done(other.output) < other.rows:
                    together.setdefault(other.output, (other, by))
        _label(recipe, sample, list(together.values()))

    for source in sources:
        step = Step(
            stage="label",
            title=f"label {source.name}",
            version=1,
            parameters={},
            inputs={"sample": sample.fingerprint, "labeller": source.fingerprint},
            place=in_cache("labels"),
            work=work,
            rows=sample.rows if rows is None else min(rows, sample.rows),
        )
        steps.append(step)
    return steps


def _label(recipe: Recipe, sample: Step, together: Sequence[tuple[Step, Source]]) -> None:
    """Write the scores of labellers, each from the row where it stands; images are read by all or none."""
    steps, sources = zip(*together, strict=True)
    with ExitStack() as stack:
        writers = [stack.enter_context(_writer(step, source)) for step, source in together]
        done, rows = min(writer.done for writer in writers), steps[0].rows
        progress = stack.enter_context(counting(" and ".join(step.title for step in steps), rows, done))
        for block in _scored(recipe, sample, sources, done, rows):
            for writer, scores in zip(writers, block.scores, strict=True):
                writer.append({"scores": scores[max(0, writer.done - block.start) :]})
            progress.advance(block.count)


@contextmanager
def _writer(step: Step, source: Source) -> Iterator[RowWriter]:
    labeller = source.open()
    columns = [RowDataset("scores", (len(labeller.names),), "<f4")]
    attributes = step.attributes() | {
        "labeller": labeller.name,
        "names_json": json.dumps(labeller.names),
        "kinds_json": json.dumps(labeller.kinds),
        "units_json": json.dumps(labeller.units),
    }
    with locked(step.output), RowWriter(step.output, columns, step.rows, attributes) as writer:
        yield writer


def _scored(
    recipe: Recipe, sample: Step, sources: Sequence[Source], start: int, stop: int
) -> Iterator[Block]:
    """Blocks with the scores of each source, from row `start` to `stop`."""
    if sources[0].by_hand:
        return worked_here(labelling(sources), _read(recipe, sample, start, stop, "latents"))
    if recipe.sample.keep_images:
        return worked(recipe, labelling(sources), _read(recipe, sample, start, stop, "latents", "images"))
    source = generator_source(recipe)
    generator = source.open()
    rows = blocks(start, stop, block_rows(recipe, generator.resolution, generator.batch))
    return worked(recipe, drawing_and_labelling(source, recipe.sample.seed, sources), rows)


def _read(recipe: Recipe, sample: Step, start: int, stop: int, *columns: str) -> Iterator[Block]:
    """Blocks of what the sample's file holds."""
    mapped = {name: map_rows(sample.output, name, stop) for name in columns}
    resolution = mapped["images"].shape[1] if "images" in mapped else 1
    for block in blocks(start, stop, block_rows(recipe, resolution)):
        rows = slice(block.start, block.start + block.count)
        yield Block(block.start, block.count, **{name: np.array(mapped[name][rows]) for name in columns})
