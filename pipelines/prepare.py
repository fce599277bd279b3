"""Stage `prepare`: a labelled image set as one file of small faces with labels and an identity split."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from pipelines.locks import locked
from pipelines.progress import counting, say
from pipelines.recipe import Recipe
from pipelines.steps import Step, in_cache
from tlgan.errors import UserError
from tlgan.row_files import Column, RowWriter, partial_path

TRAIN, VALIDATION, TEST = 0, 1, 2


def data_path(recipe: Recipe) -> Path:
    """Where the recipe's data set lies.

    Raises
    ------
    UserError
        Where neither the recipe nor TLGAN_CELEBA says so, or the folder is not there.
    """
    given = recipe.data.path or (os.environ.get("TLGAN_CELEBA", "") if recipe.data.kind == "celeba" else "")
    if not given:
        raise UserError(
            "`data.path` must name the folder of the data set. Got nothing. Set it in the recipe, with "
            "`-s data.path=FOLDER`, or, for CelebA, in the environment variable TLGAN_CELEBA."
        )
    path = Path(given).expanduser()
    if not path.exists():
        raise UserError(f"{path}: no such data set. Set `data.path` or TLGAN_CELEBA to where it lies.")
    return path


def plan_prepare(recipe: Recipe) -> Step:
    """The step that shrinks and splits the faces of the recipe's data set."""
    from pipelines.doors import faces_source

    options = recipe.data
    source = faces_source(recipe)

    def work(step: Step) -> None:
        from data.images import SkipLog, read_chunks
        from data.splits import split_by_identity

        faces = source.open()
        split = split_by_identity(faces.identity, options.split, options.seed)
        columns = (
            Column("images", (options.resolution, options.resolution, 3), "u1"),
            Column("labels", (len(faces.names),), "<f4"),
            Column("split", (), "u1"),
            Column("identity", (), "<i4"),
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


def listing_hash(path: Path) -> str:
    """Identity of a data set: the names and sizes of its files, since hashing gigabytes is not instant.

    A folder may move or change its own name.
    """
    import hashlib

    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    root = path.parent if path.is_file() else path
    listing = [(file.relative_to(root).as_posix(), file.stat().st_size) for file in files]
    return hashlib.sha256(json.dumps(listing).encode()).hexdigest()
