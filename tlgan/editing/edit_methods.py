"""Methods of editing along an axis, which the evaluation compares."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from tlgan.array_types import Floats
from tlgan.axes.axes import METHODS, Axes
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.axes.names import check_choice
from tlgan.axes.orthogonalization import MAX_CONDITION
from tlgan.axes.orthogonalize import CollinearAxesWarning, orthogonalize_axes
from tlgan.axes.score_predictor import ScorePredictor
from tlgan.editing.linear_predictors import deviations, gradients
from tlgan.editing.local_edit import local_edit
from tlgan.editing.local_steps import ATTRIBUTE_WEIGHT
from tlgan.editing.predictions import choose_method
from tlgan.errors import UserError
from tlgan.latents.geometry import least_change, move_along, normalize_latents

EDIT_METHODS = (
    "raw",
    "orthogonalized",
    "base-locked",
    "all-locked",
    "project",
    "gram-schmidt",
    "lowdin",
    "soft-locked",
    "local-free",
    "local",
    "local-strict",
)
"""raw: a step along the axis as fitted. orthogonalized: the same step along the axis as the axis file has it.
project, gram-schmidt, lowdin: along the axis made orthogonal in that way, on the same base, so far that the
predictor changes as by the raw step. base-locked: the least move that changes the predictor so and leaves the
base's predictors still. all-locked: the same with every other predictor still. soft-locked: the move that changes
the predictor so and weighs changes of the other predictors against its length (`tlgan.editing.local_edit` with
linear predictions). local-free, local, local-strict: short steps along the gradient of the axes' regressor, the
other attributes and the rest of the picture weighed by a strictness of 0, 1 and 10; a step is a standard deviation
of the attribute's score over random latents, and a latent that stops before it (`LocalEdit.stopped`) counts with
where it came to."""

STRICTNESS = {"local-free": 0.0, "local": 1.0, "local-strict": 10.0}
"""How much the other attributes count in a local edit (`tlgan.editing.local_steps.penalties`)."""

SOFT_LOCKS = 1 / ATTRIBUTE_WEIGHT  # the strictness of a weight of 1

# Standard deviation of a latent along any direction.
LATENT_DEVIATIONS = {"sphere": 1.0, "normal": 1.0, "uniform": 1 / np.sqrt(3)}

EditFunction = Callable[[ArrayLike, int, float], Floats]


def available_edits(axes: Axes, edits: Sequence[str]) -> tuple[str, ...]:
    """Those of the edits that the axes can make: local ones where they have a regressor to follow."""
    return tuple(edit for edit in edits if edit not in STRICTNESS or axes.regressor is not None)


def build_edit(
    axes: Axes,
    edit: str,
    base: Sequence[str] | None = None,
    groups: Sequence[Sequence[str]] = (),
) -> EditFunction:
    """Build the function that edits latents along an axis by one of `EDIT_METHODS`.

    Parameters
    ----------
    axes : Axes
    edit : str
        One of `EDIT_METHODS`.
    base : sequence of str
        Of the orthogonalised and locked edits; the axes' own by default.
    groups : sequence of sequences of str
        Of the edit "soft-locked": attributes that say nearly the same, free where one of their group is edited.
        Local edits follow those of the regressor.

    Returns
    -------
    callable
        `edit(latents, row, step)`: float64 latents, shape (n, latent_dim), moved along the axis in that
        row by `step` standard deviations of a latent, or so far that its predictor changes as by that step
        along the raw axis in flat space (see `EDIT_METHODS`). Rows are NaN where that is further than latents
        lie apart, the axis cannot be told from the others, or the regressor does not know its attribute.

    Raises
    ------
    UserError
        For an unknown edit or base, or a local edit of axes without a regressor.
    """
    check_choice("`edit`", edit, EDIT_METHODS)
    base = axes.base if base is None else tuple(base)
    rows = [axes.index(name) for name in base]
    if edit in STRICTNESS:
        choose_method(axes, "local")
        assert axes.regressor is not None
        return _stepwise(axes, axes.regressor, axes.regressor.scales, STRICTNESS[edit])
    if edit == "soft-locked":
        linear = LatentRegressor.straight(axes.names, gradients(axes), np.nan_to_num(axes.intercepts))
        linear = replace(linear, groups=tuple(map(tuple, groups)))
        return _stepwise(axes, linear, deviations(axes), SOFT_LOCKS)
    if edit.endswith("-locked"):
        everything = list(range(len(axes)))
        return lambda latents, row, step: _locked(
            axes, latents, row, step, rows if edit == "base-locked" else everything
        )
    directions = _directions(axes, edit, base)
    lengths = np.ones(len(axes))
    if edit in METHODS:
        cosines = np.sum(directions * axes.raw_directions, axis=1)
        lengths = np.divide(1.0, cosines, out=np.full(len(axes), np.nan), where=cosines > 0)
    furthest = np.sqrt(axes.latent_dim) * np.pi / 2  # a quarter turn of the sphere

    def move(latents: ArrayLike, row: int, step: float) -> Floats:
        seen = normalize_latents(latents, axes.latent_space)
        amount = step * lengths[row] * LATENT_DEVIATIONS[axes.latent_space]
        if not abs(amount) < furthest:
            return np.full_like(seen, np.nan)
        return move_along(seen, directions[row], amount, axes.latent_space)

    return move


def _stepwise(axes: Axes, regressor: ScorePredictor, spreads: Floats, strictness: float) -> EditFunction:
    """An edit by short steps along the regressor's gradient; `spreads` of its attributes are what a step is."""

    def move(latents: ArrayLike, row: int, step: float) -> Floats:
        seen, name = normalize_latents(latents, axes.latent_space), axes.names[row]
        if name not in regressor.names:
            return np.full_like(seen, np.nan)
        wanted = np.full((len(seen), 1), step * spreads[regressor.index(name)])
        edited = local_edit(
            regressor, seen, [name], wanted, latent_space=axes.latent_space, strictness=strictness
        )
        return edited.latents

    return move


def _directions(axes: Axes, edit: str, base: tuple[str, ...]) -> Floats:
    """Directions of an edit, row by row; NaN for an axis that depends on those before it."""
    if edit == "raw":
        return axes.raw_directions
    if edit == "orthogonalized":
        return axes.directions
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CollinearAxesWarning)
        made = orthogonalize_axes(axes, base, method=edit, drop_collinear=True)
    directions = np.full_like(axes.directions, np.nan)
    for row, name in enumerate(axes.names):
        if name in made.names:
            directions[row] = made.directions[made.index(name)]
    return directions


def _locked(axes: Axes, latents: ArrayLike, row: int, step: float, locked: Sequence[int]) -> Floats:
    seen = normalize_latents(latents, axes.latent_space)
    everything = gradients(axes)
    if not everything[row].any():
        return np.full_like(seen, np.nan)
    # An axis without slope never changes: there is nothing to lock.
    slopes = everything[[row, *(other for other in locked if other != row and everything[other].any())]]
    wanted = np.zeros(len(slopes))
    wanted[0] = step * LATENT_DEVIATIONS[axes.latent_space] * np.linalg.norm(slopes[0])
    unit = slopes / np.linalg.norm(slopes, axis=1, keepdims=True)
    if np.linalg.cond(unit) > MAX_CONDITION:
        return np.full_like(seen, np.nan)
    try:
        return least_change(seen, slopes, wanted, axes.latent_space)
    except UserError:  # some latents are out of reach: edit the others
        moved = np.full_like(seen, np.nan)
        for number, latent in enumerate(seen):
            try:
                moved[number] = least_change(latent[None], slopes, wanted, axes.latent_space)[0]
            except UserError:
                continue
        return moved
