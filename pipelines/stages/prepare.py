"""Stage `prepare`: a labelled image set as one file of small faces with labels and an identity split."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from data.images.joined_labels import join_labels
from pipelines.recipe.load import Recipe
from pipelines.recipe.sections import Data
from pipelines.sources.datasets import faces_source, more_faces_sources
from pipelines.workflow.lock import locked
from pipelines.workflow.paths import in_cache
from pipelines.workflow.progress import counting, say
from pipelines.workflow.step import Step
from tlgan.axes.names import check_attribute_names
from tlgan.storage.row_files import RowDataset, RowWriter, partial_path

if TYPE_CHECKING:
    from data.images.decode import SkipLog
    from data.images.labelled_images import LabelledImages

WITH_OWN_SPLIT = ("celeba", "folder")  # kinds of data sets whose tables may say who is in which part
SHOWN = 3  # names in a list


def plan_prepare(recipe: Recipe) -> Step:
    """Plan the step that shrinks and splits the faces of the recipe's data set."""
    options = recipe.data
    sources = (faces_source(recipe), *more_faces_sources(recipe))
    parameters: dict[str, Any] = {
        "kind": options.kind,
        "resolution": options.resolution,
        "split": _split_parameter(options),
        "seed": options.seed,
    }
    framings = [options.framing, *(more.framing for more in options.more)]
    if len(sources) > 1 or framings != ["own"]:  # in files of earlier versions neither is noted
        parameters |= {"more": [more.kind for more in options.more], "framing": framings}
    return Step(
        stage="prepare",
        title="prepare",
        version=1,
        parameters=parameters,
        inputs={f"data{number or ''}": source.fingerprint for number, source in enumerate(sources)},
        place=in_cache("faces"),
        work=lambda step: _prepare(options, [source.open() for source in sources], step),
    )


def _split_parameter(options: Data) -> list[float] | str:
    """What the split depends on beside the data; sets without a split of their own have the usual shares."""
    from data.images.splits import DEFAULT_SHARES

    if options.split != "given":
        return list(options.split)
    return "given" if options.kind in WITH_OWN_SPLIT else list(DEFAULT_SHARES)


def _prepare(options: Data, sets: Sequence[LabelledImages], step: Step) -> None:
    """Write the faces; labels that no axis could be named after are refused before anything is trained on them."""
    from data.images.decode import SkipLog
    from data.images.splits import choose_split

    shares = None if options.split == "given" else options.split
    splits, skipped = [], []
    for images in sets:
        check_attribute_names(images.names, images.inputs[-1] if images.inputs else options.kind)
        split = choose_split(images.partition, images.identity, shares, options.seed)
        for line in (label_summary(images), *images.notes, *_missing(images), *split.notes):
            say(f"  {line}")
        splits.append(split.parts)
        skipped.append(SkipLog(images.skipped))
    with locked(step.output):
        # Skipped images leave no trace in the rows, so an interrupted run starts again.
        partial_path(step.output).unlink(missing_ok=True)
        counts = _write_faces(options, join_labels(sets), splits, skipped, step)
    for log in skipped:
        if len(log):
            say(f"  skipped {len(log)} images: {log}")
    say(f"  {sum(counts)} faces: {counts[0]} to train, {counts[1]} to calibrate, {counts[2]} to test")


def label_summary(images: LabelledImages) -> str:
    """How many labels of each kind there are, with the names of the first and what the categories are."""
    lines = []
    for kind in dict.fromkeys(images.kinds):
        names = [name for name, found in zip(images.names, images.kinds, strict=True) if found == kind]
        shown = [f"{name} ({_shown(images.categories.get(name, ()))})" for name in names[:SHOWN]]
        shown = shown if kind == "categorical" else names[:SHOWN]
        lines.append(f"{len(names)} {kind} ({_shown(shown, len(names))})")
    unused = (
        "; no network learns categories: give each a column of 0 and 1"
        if "categorical" in images.kinds
        else ""
    )
    return f"labels: {', '.join(lines) or 'none'}{unused}"


def _shown(names: Sequence[str], count: int = 0) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if max(count, len(names)) > SHOWN else "")


def _missing(images: LabelledImages) -> list[str]:
    """A line about the rows of the table whose picture is not there."""
    count = images.table_rows_without_image
    if not count:
        return []
    named = f" ({_shown(images.missing_images, count)})" if images.missing_images else ""
    return [f"rows of the table whose picture is not there: {count}{named}"]


def _write_faces(
    options: Data,
    sets: Sequence[LabelledImages],
    splits: Sequence[np.ndarray],
    skipped: Sequence[SkipLog],
    step: Step,
) -> list[int]:
    """Decode, shrink and write all images that can be read; returns how many fell in each part of the split."""
    from data.images.decode import read_chunks

    first = sets[0]
    columns = (
        RowDataset("images", (options.resolution, options.resolution, 3), "u1"),
        RowDataset("labels", (len(first.names),), "<f4"),
        RowDataset("split", (), "u1"),
        RowDataset("identity", (), "<i4"),
    )
    attributes = step.attributes() | {
        "format": "tlgan.faces",
        "names_json": json.dumps(first.names),
        "kinds_json": json.dumps(first.kinds),
        "units_json": json.dumps(first.units),
    }
    counts, total = np.zeros(3, int), sum(map(len, sets))
    with (
        RowWriter(step.output, columns, total, attributes) as writer,
        counting(step.title, total) as progress,
    ):
        for images, split, log in zip(sets, splits, skipped, strict=True):
            for rows, faces in read_chunks(images, options.resolution, skipped=log):
                writer.append(
                    {
                        "images": faces,
                        "labels": images.labels[rows],
                        "split": split[rows],
                        "identity": images.identity[rows],
                    }
                )
                counts += np.bincount(split[rows], minlength=3)
                progress.advance(len(rows))
        writer.finish_early()
    return counts.tolist()
