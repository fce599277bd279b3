"""Edits of a finished run that follow generator and labellers themselves, in place of the regressor."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from pipelines.recipe.load import Recipe
from pipelines.runs.finished_run import OpenedRun
from tlgan.axes.axes import Axes
from tlgan.axes.score_predictor import FunctionPredictor
from tlgan.editing.edit_texts import AskedEdit, EditTexts, edit_by_texts
from tlgan.errors import UserError
from tlgan.storage.row_files import map_rows, read_attributes

if TYPE_CHECKING:
    from models.loaders.generator import LoadedGenerator
    from models.loaders.labeller import LoadedLabeller

EXACT = "exact"  # the method of an edit


def edit_run(run: OpenedRun, recipe: Recipe, latents: np.ndarray, texts: EditTexts) -> AskedEdit:
    """Edit latents as `tlgan.editing.edit_texts.edit_by_texts` does, by the method "exact" too.

    Parameters
    ----------
    run : OpenedRun
    recipe : Recipe
        That it was opened from.
    latents : float array, shape (n_latents, latent_dim)
    texts : EditTexts
    """
    if texts.method != EXACT:
        return edit_by_texts(run.axes, latents, texts)
    asked = edit_by_texts(exact_axes(run, recipe), latents, replace(texts, method="local"))
    return replace(asked, texts=replace(asked.texts, method=EXACT), method=EXACT)


def exact_axes(run: OpenedRun, recipe: Recipe) -> Axes:
    """The axes of a run with generator and labellers, one after the other, as their regressor.

    Local edits of these axes (`tlgan.editing.local_edit`) follow the labellers' own gradient at the picture: slowly,
    and without the components of the pictures that a trained regressor predicts.

    Parameters
    ----------
    run : OpenedRun
    recipe : Recipe
        That it was opened from.

    Raises
    ------
    UserError
        Where no gradient leads through a network, or the labels of the sample are not there.
    """
    from models.loaders.score_jacobian import compile_score_jacobian

    if not run.labellers:
        raise UserError(
            f"`--method {EXACT}` must have a labeller that reads pictures. Got labels by hand alone; take "
            "`--method local`."
        )
    score = compile_score_jacobian(
        cast("LoadedGenerator", run.generator), cast("tuple[LoadedLabeller, ...]", run.labellers), run.view
    )
    names, scores = _labels_of_sample(recipe)
    predictor = FunctionPredictor.of_scores(
        names,
        score,
        scores,
        dimension=run.axes.latent_dim,
        groups=tuple(recipe.groups.values()),
        generator_sha256=run.generator.sha256,
    )
    return replace(run.axes, regressor=predictor)


def _labels_of_sample(recipe: Recipe) -> tuple[list[str], np.ndarray]:
    """Names and scores (n, K) of all labellers that read pictures, side by side, over the sampled ones."""
    from pipelines.planning.plan import make_plan

    plan = make_plan(recipe)
    names: list[str] = []
    columns: list[np.ndarray] = []
    for source, label in zip(plan.labellers, plan.labels, strict=True):
        if source.by_hand:
            continue
        if not label.output.is_file():
            raise UserError(
                f"{label.output}: `--method {EXACT}` needs the labels of the sample, and there are none. Make them "
                f"with `python -m pipelines label {recipe.name}`."
            )
        names += read_attributes(label.output)["names"]
        columns.append(np.asarray(map_rows(label.output, "scores", label.rows)))
    return names, np.concatenate(columns, axis=1)
