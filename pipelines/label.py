"""Stage `label`: what each labeller reads in the sampled images."""

from __future__ import annotations

import json

from pipelines.doors import Source, read_scores
from pipelines.label_table import LabelTable
from pipelines.locks import locked
from pipelines.progress import counting
from pipelines.steps import Step, in_cache
from tlgan.row_files import Column, RowWriter, map_rows, rows_done

BLOCK = 512


def plan_label(source: Source, sample: Step, rows: int | None = None) -> Step:
    """The step in which a labeller scores sampled images, all of them unless `rows` says how many."""

    def work(step: Step) -> None:
        labeller = source.open()
        if isinstance(labeller, LabelTable):  # it may know images beyond those asked for this time
            labeller.check_rows(rows_done(sample.output))
        images = map_rows(sample.output, "images", step.rows)
        latents = map_rows(sample.output, "latents", step.rows)
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
                block = slice(writer.done, writer.done + BLOCK)
                scores = read_scores(labeller, images[block], latents[block], writer.done)
                writer.append({"scores": scores})
                progress.advance(len(scores))

    return Step(
        stage="label",
        title=f"label {source.name}",
        version=1,
        parameters={},
        inputs={"sample": sample.fingerprint, "labeller": source.fingerprint},
        place=in_cache("labels"),
        work=work,
        rows=sample.rows if rows is None else min(rows, sample.rows),
    )
