"""The latents that an evaluation edits, where each way of editing took them, and what it promised."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipelines.evaluation.inputs import MOVED, EvaluationInputs
from pipelines.recipe.load import Recipe
from tlgan.axes.axes import Axes
from tlgan.editing.edit_methods import STRICTNESS, build_edit
from tlgan.editing.predictions import predictions
from tlgan.latents.sampling import draw_latents


def edited_latents(inputs: EvaluationInputs) -> np.ndarray:
    """The latents that were edited, shape (N, D)."""
    axes, seed = inputs.axes, inputs.recipe.evaluate.seed
    count = len(inputs.edited["unedited"])
    return draw_latents(0, count, axes.latent_dim, space=axes.latent_space, seed=seed)


def evaluated_base(recipe: Recipe, axes: Axes) -> tuple[str, ...]:
    """The base of the edits that an evaluation compares: the recipe's, where its axes themselves have none."""
    return axes.base or tuple(name for name in recipe.orthogonalize.base if name in axes.names)


def moved_latents(inputs: EvaluationInputs, latents: np.ndarray) -> Iterator[np.ndarray]:
    """The latents after each way of editing, one array (N, A, S, D) after the other."""
    axes, steps = inputs.axes, inputs.recipe.evaluate.steps
    for number, edit in enumerate(inputs.edits):
        if MOVED in inputs.edited:
            yield inputs.edited[MOVED][:, number].astype(np.float64)
            continue
        move = build_edit(axes, edit, evaluated_base(inputs.recipe, axes))
        rows = [[move(latents, row, step) for step in steps] for row in range(len(axes))]
        yield np.moveaxis(np.array(rows), 2, 0)


def requested_changes(axes: Axes, edit: str, latents: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """Change of each axis' own prediction in an edit, label units, shape (N, A, S).

    As the editor predicts it: by the regressor for local edits, by the axes' linear predictors for others.
    """
    method = "local" if edit in STRICTNESS else "straight"
    rows = moved.reshape(-1, axes.latent_dim)
    known = ~np.isnan(rows).any(axis=1)
    after = np.full((len(rows), len(axes)), np.nan)
    after[known] = predictions(axes, rows[known], method)
    changes = after.reshape(*moved.shape[:3], -1) - predictions(axes, latents, method)[:, None, None]
    own = np.arange(len(axes))
    return np.moveaxis(changes[:, own, :, own], 0, 1)
