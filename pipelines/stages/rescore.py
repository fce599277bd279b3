"""Stage `rescore`: fresh latents moved along every axis, drawn, and read by the judge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.evaluation.edited_scores import GROUP, SECOND, STEPWISE, ScoringNetworks, rescore
from pipelines.execution.block_jobs import Block, BlockJob, Transform, blocks
from pipelines.execution.failed_rows import FailedRow, saving_failed_row
from pipelines.execution.local import run_blocks
from pipelines.recipe.groups import checked_groups
from pipelines.recipe.load import Recipe
from pipelines.recipe.sections import Evaluate
from pipelines.sources.best_faces import discriminator_source
from pipelines.sources.generators import generator_source
from pipelines.sources.labellers import embedder_source
from pipelines.sources.second_judges import SharedAttribute, second_judge_sources, shared_attributes
from pipelines.sources.source import Source
from pipelines.workflow.lock import locked
from pipelines.workflow.paths import in_cache
from pipelines.workflow.progress import counting, say
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.storage.row_files import RowDataset, RowWriter

if TYPE_CHECKING:
    from tlgan.axes.axes import Axes

BLOCK = 8  # latents between two syncs
SECOND_JUDGE = "second judge "  # and a number: the role of a source


def plan_rescore(recipe: Recipe, orthogonalize: Step, judge: Source) -> Step:
    """Plan the step that writes the judge's scores of every edit, one row for each latent."""
    options = recipe.evaluate
    _check_edits(recipe)
    generator = generator_source(recipe)
    sources = {"generator": generator, "judge": judge}
    if options.realism and (discriminator := discriminator_source(recipe, generator)):
        sources["discriminator"] = discriminator
    if embedder := embedder_source(recipe):
        sources["embedder"] = embedder
    second = second_judge_sources(recipe)
    sources |= {f"{SECOND_JUDGE}{number}": source for number, source in enumerate(second, 1)}
    return Step(
        stage="rescore",
        uses_networks=True,
        title="rescore",
        version=2,
        parameters={"seed": options.seed, "steps": list(options.steps), "edits": list(options.edits)}
        | ({"realism": options.realism} if "discriminator" in sources else {})
        | ({"groups": recipe.groups} if recipe.groups and "soft-locked" in options.edits else {})
        | ({"same_as": options.same_as} if second else {}),
        inputs={"orthogonalize": orthogonalize.fingerprint}
        | {role: source.fingerprint for role, source in sources.items()},
        place=in_cache("rescores"),
        work=lambda step: _rescore(recipe, orthogonalize, step, sources),
        rows=options.count,
    )


def _check_edits(recipe: Recipe) -> None:
    options = recipe.evaluate
    if options.seed == recipe.sample.seed:
        raise UserError(
            f"`evaluate.seed` must differ from `sample.seed`, or edits are tried on the latents of the fit. "
            f"Got {options.seed} for both."
        )
    if 0 in options.steps or len(set(options.steps)) != len(options.steps):
        raise UserError(
            f"`evaluate.steps` must differ from each other and from 0. Got {list(options.steps)}."
        )


def _rescore(recipe: Recipe, orthogonalize: Step, step: Step, sources: dict[str, Source]) -> None:
    """Write the rows of all latents; the sources are named as the networks of `ScoringNetworks`."""
    from pipelines.evaluation.edited_latents import evaluated_base
    from tlgan.formats.axis_file import read_axes

    axes, judge = read_axes(orthogonalize.output), sources["judge"].open()
    edits = _possible_edits(axes, recipe.evaluate)
    predicted = axes.regressor.names if axes.regressor else ()
    groups = checked_groups(recipe.groups, [*axes.names, *predicted, *judge.names])
    second = [source.open() for role, source in sources.items() if role.startswith(SECOND_JUDGE)]
    shared: tuple[SharedAttribute, ...] = ()
    if second:
        names = [one.names for one in second]
        shared = shared_attributes(judge.names, names, recipe.evaluate.same_as)
    base = evaluated_base(recipe, axes)
    build = partial(_rescoring, axes, edits, groups, base, recipe.evaluate, tuple(sources), shared)
    job = BlockJob(tuple(sources.values()), build)
    attributes = (
        step.attributes()
        | _embedder_facts(sources)
        | {
            "judge": judge.name,
            "edits_json": json.dumps(edits),
            "names_json": json.dumps(judge.names),
            "kinds_json": json.dumps(judge.kinds),
            "units_json": json.dumps(judge.units),
            "axes_json": json.dumps(axes.names),
        }
        | ({"second_judges_json": json.dumps([one.name for one in second])} if second else {})
    )
    columns = _columns(recipe.evaluate, edits, axes, len(judge.names), len(shared))
    with (
        locked(step.output),
        saving_failed_row(step.output),
        RowWriter(step.output, columns, step.rows, attributes) as writer,
        counting(step.title, step.rows, writer.done) as progress,
    ):
        for rows in run_blocks(recipe, job, blocks(writer.done, step.rows, BLOCK)):
            writer.append({column.name: rows[column.name] for column in columns})
            progress.advance(len(rows["unedited"]))


def _possible_edits(axes: Axes, options: Evaluate) -> tuple[str, ...]:
    """The recipe's edits without the local ones where the axes have no regressor; it is said then."""
    from tlgan.editing.edit_methods import available_edits

    edits = available_edits(axes, options.edits)
    left_out = [edit for edit in options.edits if edit not in edits]
    if not edits:
        raise UserError(
            f"`evaluate.edits` must name an edit that the axes can make. Got {', '.join(left_out)}, and the axes have "
            'no regressor. Add "raw".'
        )
    if left_out:
        say(f"  left out: {', '.join(left_out)}; the axes have no regressor to follow")
    return edits


def _embedder_facts(sources: dict[str, Source]) -> dict[str, Any]:
    """What the rows say of the network that compares faces."""
    if "embedder" not in sources:
        return {}
    embedder = sources["embedder"].open()
    facts = {"embedder": embedder.name}
    threshold = embedder.same_person_threshold
    return facts if threshold is None else facts | {"same_person_threshold": threshold}


def _columns(
    options: Evaluate, edits: Sequence[str], axes: Axes, n_attributes: int, n_shared: int
) -> list[RowDataset]:
    places = (len(edits), len(axes), len(options.steps))
    stepwise = any(edit in STEPWISE for edit in edits)
    second = [
        RowDataset(SECOND, (*places, n_shared), "<f4"),
        RowDataset(f"unedited_{SECOND}", (n_shared,), "<f4"),
    ]
    return [
        RowDataset("scores", (*places, n_attributes), "<f4"),
        RowDataset("unedited", (n_attributes,), "<f4"),
        RowDataset("strangers", (), "<f4"),
        RowDataset("identity", places, "<f4"),
        RowDataset("realism", places, "<f4"),
        RowDataset("saturated", places, "<f4"),
        RowDataset("unedited_realism", (), "<f4"),
        RowDataset("unedited_saturated", (), "<f4"),
        *([RowDataset("moved", (*places, axes.latent_dim), "<f4")] if stepwise else []),
        *(second if n_shared else []),
    ]


def _rescoring(
    axes: Axes,
    edits: Sequence[str],
    groups: Sequence[Sequence[str]],
    base: Sequence[str],
    options: Evaluate,
    roles: Sequence[str],
    shared: tuple[SharedAttribute, ...],
    *opened: Any,
) -> tuple[Transform]:
    from tlgan.editing.edit_methods import build_edit
    from tlgan.latents.sampling import draw_latents

    by_role = dict(zip(roles, opened, strict=True))
    second = tuple(by_role.pop(role) for role in roles if role.startswith(SECOND_JUDGE))
    networks = ScoringNetworks(**by_role, second_judges=second, shared=shared)
    movers = [build_edit(axes, edit, base, groups) for edit in edits]
    dimension, space = axes.latent_dim, axes.latent_space

    def rescore_block(block: Block) -> dict[str, np.ndarray]:
        latents = draw_latents(block.start, block.count, dimension, space=space, seed=options.seed)
        judged_real = block.start + block.count <= options.realism and block.count % GROUP == 0
        chosen = networks if judged_real else replace(networks, discriminator=None)
        try:
            return rescore(latents, movers, len(axes), options.steps, chosen)
        except FailedRow as error:  # of the moved latents, which are those of the block again and again
            error.row = block.start + error.row % block.count
            raise

    return (rescore_block,)
