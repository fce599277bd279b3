"""Stage `label`: what each labeller reads in the sampled images."""

from __future__ import annotations

import json

from models.files import find_weights
from pipelines.hashes import file_hash
from pipelines.locks import locked
from pipelines.progress import counting
from pipelines.recipe import Recipe
from pipelines.steps import Step, in_cache
from tlgan.row_files import Column, RowWriter, map_rows

BLOCK = 512


def plan_label(recipe: Recipe, name: str, sample: Step) -> Step:
    """The step in which labeller `name` scores every sampled image."""
    weights = find_weights(name, "labeller")

    def work(step: Step) -> None:
        from models.labeller import load_labeller

        labeller = load_labeller(weights)
        images = map_rows(sample.output, "images", step.rows)
        attributes = step.attributes() | {
            "labeller": labeller.name,
            "names_json": json.dumps(labeller.names),
            "kinds_json": json.dumps(labeller.kinds),
            "units_json": json.dumps(labeller.units),
        }
        with (
            locked(step.output),
            RowWriter(
                step.output, [Column("scores", (len(labeller.names),), "<f4")], step.rows, attributes
            ) as writer,
            counting(step.title, step.rows, writer.done) as progress,
        ):
            while writer.done < step.rows:
                block = images[writer.done : writer.done + BLOCK]
                writer.append({"scores": labeller(block)})
                progress.advance(len(block))

    return Step(
        stage="label",
        title=f"label {weights.name.removesuffix('.h5')}",
        version=1,
        parameters={},
        inputs={"sample": sample.fingerprint, "labeller": file_hash(weights)},
        place=in_cache("labels"),
        work=work,
        rows=sample.rows,
    )
