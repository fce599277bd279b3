"""Stage `prepare`: a labelled image set as one file of small faces with labels and an identity split."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from pipelines.recipe.load import Recipe
from pipelines.recipe.sections import Data
from pipelines.sources.datasets import faces_source
from pipelines.workflow.lock import locked
from pipelines.workflow.paths import in_cache
from pipelines.workflow.progress import counting, say
from pipelines.workflow.step import Step
from tlgan.axes.names import check_attribute_names
from tlgan.storage.row_files import RowDataset, RowWriter, partial_path

if TYPE_CHECKING:
    from data.images.decode import SkipLog
    from data.images.labelled_images import LabelledImages


def plan_prepare(recipe: Recipe) -> Step:
    """Plan the step that shrinks and splits the faces of the recipe's data set."""
    options = recipe.data
    source = faces_source(recipe)
    return Step(
        stage="prepare",
        title="prepare",
        version=1,
        parameters={
            "kind": options.kind,
            "resolution": options.resolution,
            "split": list(options.split),
            "seed": options.seed,
        },
        inputs={"data": source.fingerprint},
        place=in_cache("faces"),
        work=lambda step: _prepare(options, source.open(), step),
    )


def _prepare(options: Data, images: LabelledImages, step: Step) -> None:
    """Write the faces; labels that no axis could be named after are refused before anything is trained on them."""
    from data.images.decode import SkipLog
    from data.images.splits import split_by_identity

    check_attribute_names(images.names, images.inputs[-1] if images.inputs else options.kind)
    split = split_by_identity(images.identity, options.split, options.seed)
    skipped = SkipLog(images.skipped)
    with locked(step.output):
        # Skipped images leave no trace in the rows, so an interrupted run starts again.
        partial_path(step.output).unlink(missing_ok=True)
        counts = _write_faces(options, images, split, skipped, step)
    if len(skipped):
        say(f"  skipped {len(skipped)} images: {skipped}")
    say(f"  {sum(counts)} faces: {counts[0]} to train, {counts[1]} to calibrate, {counts[2]} to test")


def _write_faces(
    options: Data, images: LabelledImages, split: np.ndarray, skipped: SkipLog, step: Step
) -> list[int]:
    """Decode, shrink and write all images that can be read; returns how many fell in each part of the split."""
    from data.images.decode import read_chunks

    columns = (
        RowDataset("images", (options.resolution, options.resolution, 3), "u1"),
        RowDataset("labels", (len(images.names),), "<f4"),
        RowDataset("split", (), "u1"),
        RowDataset("identity", (), "<i4"),
    )
    attributes = step.attributes() | {
        "format": "tlgan.faces",
        "names_json": json.dumps(images.names),
        "kinds_json": json.dumps(images.kinds),
        "units_json": json.dumps(images.units),
    }
    counts = np.zeros(3, int)
    with (
        RowWriter(step.output, columns, len(images), attributes) as writer,
        counting(step.title, len(images)) as progress,
    ):
        for rows, faces in read_chunks(images, options.resolution, skipped=skipped):
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
