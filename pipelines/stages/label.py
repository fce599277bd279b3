"""Stage `label`: the scores of each labeller for the sampled images."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.execution.block_jobs import Block, block_rows, blocks, drawing_and_labelling, labelling
from pipelines.execution.failed_rows import saving_failed_row
from pipelines.execution.local import run_blocks, run_blocks_here
from pipelines.recipe.load import Recipe
from pipelines.sources.framing_check import (
    Framing,
    check_framing,
    labeller_statistics,
    pictures_to_look_at,
    read_framing,
)
from pipelines.sources.generators import generator_source
from pipelines.sources.source import Source
from pipelines.stages.sample import sampled_images
from pipelines.workflow.lock import locked
from pipelines.workflow.paths import in_cache
from pipelines.workflow.progress import counting, say
from pipelines.workflow.step import Step
from tlgan.axes.names import check_attribute_names
from tlgan.storage.row_files import (
    RowDataset,
    RowWriter,
    map_rows,
    partial_path,
    read_attributes,
    rows_done,
)

FRAMING = "framing_json"  # attribute of a file of labels


@dataclass(frozen=True)
class LabelTask:
    """A step that writes the scores of one labeller, and where that labeller comes from."""

    step: Step
    labeller: Source


def plan_labels(
    recipe: Recipe, labellers: Sequence[Source], sample: Step, rows: int | None = None
) -> tuple[Step, ...]:
    """Plan the steps in which labellers score the sampled images, one for each labeller.

    Where images are not kept, the first of these steps draws them and all labellers score them that look at
    images and are not finished.

    Parameters
    ----------
    labellers : sequence of Source
    sample : Step
    rows : int or None
        Rows to score; all of the sample without it.
    """
    wanted = sample.rows if rows is None else min(rows, sample.rows)

    def task(labeller: Source, title: str = "") -> LabelTask:
        def work(step: Step) -> None:
            _write_scores(recipe, sample, _done_together(LabelTask(step, labeller)))

        step = Step(
            stage="label",
            uses_networks=labeller.reads_images,
            title=title or f"label {labeller.name}",
            version=1,
            parameters={},
            inputs={"sample": sample.fingerprint, "labeller": labeller.fingerprint},
            place=in_cache("labels"),
            work=work,
            rows=wanted,
        )
        return LabelTask(step, labeller)

    def _done_together(first: LabelTask) -> list[LabelTask]:
        if first.labeller.by_hand:
            table = first.labeller.open()
            table.check_rows(rows_done(sample.output))  # it may know images beyond those of this run
            for note in table.notes:
                say(f"  {note}")
        by_output = {first.step.output: first}
        if first.labeller.reads_images and not recipe.sample.keep_images:
            for other in map(task, labellers):
                if other.labeller.reads_images and rows_done(other.step.output) < wanted:
                    by_output.setdefault(other.step.output, other)
        return list(by_output.values())

    titles = _unique_titles([f"label {labeller.name}" for labeller in labellers])
    return tuple(task(*pair).step for pair in zip(labellers, titles, strict=True))


def framings(labels: Sequence[Step]) -> list[Framing]:
    """How far the sampled pictures are from the photographs of each labeller, where that was told."""
    records = (read_attributes(step.output).get("framing") for step in labels)
    return [read_framing(record) for record in records if record]


def _unique_titles(titles: Sequence[str]) -> list[str]:
    """The titles, numbered where two labellers of different folders have one name."""
    return [
        f"{title} ({count})" if (count := titles[: place + 1].count(title)) > 1 else title
        for place, title in enumerate(titles)
    ]


def _write_scores(recipe: Recipe, sample: Step, tasks: Sequence[LabelTask]) -> None:
    """Write the scores of labellers, each from the row where it stands; images are read by all or none."""
    rows, title = tasks[0].step.rows, " and ".join(task.step.title for task in tasks)
    with saving_failed_row(tasks[0].step.output), ExitStack() as stack:
        writers = [stack.enter_context(_writer(recipe, sample, task)) for task in tasks]
        done = min(writer.done for writer in writers)
        progress = stack.enter_context(counting(title, rows, done))
        for block in _score_blocks(recipe, sample, [task.labeller for task in tasks], done, rows):
            for writer, scores in zip(writers, block.scores, strict=True):
                writer.append({"scores": scores[max(0, writer.done - block.start) :]})
            progress.advance(block.count)


def _framing(recipe: Recipe, sample: Step, labeller: Source) -> dict[str, Any] | None:
    """Whether the labeller knows pictures that are framed so; a person is told where it does not."""
    statistics = labeller_statistics(labeller)
    if statistics is None:
        return None
    generator = generator_source(recipe)
    resolution = recipe.view.size if recipe.view else generator.open().resolution
    rows = slice(0, min(pictures_to_look_at(resolution), rows_done(sample.output)))
    images = sampled_images(sample, rows, generator.open)
    framing = check_framing(labeller.open(), statistics, np.asarray(images), recipe.view)
    for sentence in framing.sentences if framing else ():
        say(f"  {sentence}")
    return framing.record if framing else None


@contextmanager
def _writer(recipe: Recipe, sample: Step, task: LabelTask) -> Iterator[RowWriter]:
    step, labeller = task.step, task.labeller.open()
    check_attribute_names(labeller.names, task.labeller.weights or labeller.name)
    columns = [RowDataset("scores", (len(labeller.names),), "<f4")]
    attributes = step.attributes() | {
        "labeller": labeller.name,
        "names_json": json.dumps(labeller.names),
        "kinds_json": json.dumps(labeller.kinds),
        "units_json": json.dumps(labeller.units),
    }
    found = _framing_found_before(step.output)  # said once, by whoever begins
    attributes[FRAMING] = json.dumps(_framing(recipe, sample, task.labeller)) if found is None else found
    with locked(step.output), RowWriter(step.output, columns, step.rows, attributes) as writer:
        yield writer


def _framing_found_before(output: Path) -> str | None:
    """What the file of fewer rows says of the framing, as it stands there; None where there is none."""
    for path in (partial_path(output), output):
        if path.exists() and rows_done(path):
            facts = read_attributes(path)
            if "framing" in facts:
                return json.dumps(facts["framing"])
    return None


def _score_blocks(
    recipe: Recipe, sample: Step, labellers: Sequence[Source], start: int, stop: int
) -> Iterator[Block]:
    """Blocks with the scores of each labeller, from row `start` to `stop`."""
    if not any(labeller.reads_images for labeller in labellers):
        rows = _read_blocks(recipe, sample, start, stop, with_images=False)
        return run_blocks_here(labelling(labellers), rows)
    if recipe.sample.keep_images:
        rows = _read_blocks(recipe, sample, start, stop, with_images=True)
        return run_blocks(recipe, labelling(labellers), rows)
    source = generator_source(recipe)
    generator = source.open()
    size = block_rows(recipe, generator.resolution, generator.batch)
    job = drawing_and_labelling(source, recipe.sample.seed, labellers)
    return run_blocks(recipe, job, blocks(start, stop, size))


def _read_blocks(recipe: Recipe, sample: Step, start: int, stop: int, with_images: bool) -> Iterator[Block]:
    """Blocks with the latents of the sample's file and, where they are asked for, its images."""
    latents = map_rows(sample.output, "latents", stop)
    images = map_rows(sample.output, "images", stop) if with_images else None
    size = block_rows(recipe, 1 if images is None else images.shape[1])
    for block in blocks(start, stop, size):
        rows = slice(block.start, block.start + block.count)
        seen = None if images is None else np.array(images[rows])
        yield replace(block, latents=np.array(latents[rows]), images=seen)
