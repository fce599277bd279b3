"""Stage `prepare`: a labelled image set as one file of small faces with labels and an identity split."""

from __future__ import annotations

import json

import numpy as np

from pipelines.recipe.load import Recipe
from pipelines.sources.datasets import faces_source
from pipelines.workflow.lock import locked
from pipelines.workflow.paths import in_cache
from pipelines.workflow.progress import counting, say
from pipelines.workflow.step import Step
from tlgan.storage.row_files import RowDataset, RowWriter, partial_path

TRAIN, VALIDATION, TEST = 0, 1, 2


def plan_prepare(recipe: Recipe) -> Step:
    """The step that shrinks and splits the faces of the recipe's data set."""
    options = recipe.data
    source = faces_source(recipe)

    def work(step: Step) -> None:
        from data.images.decode import SkipLog, read_chunks
        from data.images.splits import split_by_identity

        faces = source.open()
        split = split_by_identity(faces.identity, options.split, options.seed)
        columns = (
            RowDataset("images", (options.resolution, options.resolution, 3), "u1"),
            RowDataset("labels", (len(faces.names),), "<f4"),
            RowDataset("split", (), "u1"),
            RowDataset("identity", (), "<i4"),
        )
        attributes = step.attributes() | {
            "format": "tlgan.faces",
            "names_json": json.dumps(faces.names),
            "kinds_json": json.dumps(faces.kinds),
            "units_json": json.dumps(faces.units),
        }
        skipped, counts = SkipLog(faces.skipped), np.zeros(3, int)
        with locked(step.output):
            # Skipped images leave no trace in the rows, so an interrupted run starts again.
            partial_path(step.output).unlink(missing_ok=True)
            with (
                RowWriter(step.output, columns, len(faces), attributes) as writer,
                counting(step.title, len(faces)) as progress,
            ):
                for rows, images in read_chunks(faces, options.resolution, skipped=skipped):
                    writer.append(
                        {
                            "images": images,
                            "labels": faces.labels[rows],
                            "split": split[rows],
                            "identity": faces.identity[rows],
                        }
                    )
                    counts += np.bincount(split[rows], minlength=3)
                    progress.advance(len(rows))
                writer.finish_early()
        if len(skipped):
            say(f"  skipped {len(skipped)} images: {skipped}")
        say(f"  {writer.done} faces: {counts[0]} to train, {counts[1]} to calibrate, {counts[2]} to test")

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
        work=work,
    )
