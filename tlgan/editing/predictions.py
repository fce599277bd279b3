"""What the scores of a latent are predicted to be: by the axes' straight fits, or by their regressor."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tlgan.array_types import Floats
from tlgan.axes.axes import Axes
from tlgan.axes.names import check_choice
from tlgan.editing.linear_predictors import deviations, predictors
from tlgan.errors import UserError
from tlgan.latents.geometry import normalize_latents

METHODS = ("local", "straight")


def choose_method(axes: Axes, method: str | None) -> str:
    """The method of an edit: the one asked for, else "local" where the axes have a regressor.

    Raises
    ------
    UserError
        For an unknown method, or "local" where there is no regressor to follow.
    """
    if method is None:
        return "straight" if axes.regressor is None else "local"
    check_choice("`method`", method, METHODS)
    if method == "local" and axes.regressor is None:
        raise UserError(
            "The method 'local' must have axes with a regressor to follow. These have none; take 'straight', or "
            'axes of a run whose recipe has `regress.kind = "mlp"`.'
        )
    return method


def predictions(axes: Axes, latents: ArrayLike, method: str | None = None) -> Floats:
    """Predict the score of every axis at latents, in `units(axes)`.

    Parameters
    ----------
    axes : Axes
    latents : float array, shape (n, latent_dim)
    method : str, optional
        "straight": by the axes' linear predictors. "local": by their regressor, and by the linear predictor
        where the regressor does not know an attribute. By default as `choose_method`.

    Returns
    -------
    float64 array, shape (n, n_axes)
    """
    values, known = predictors(axes, latents), _known_columns(axes, method)
    if known and axes.regressor is not None:
        scores = axes.regressor(normalize_latents(latents, axes.latent_space))
        for row, column in known:
            values[:, row] = scores[:, column]
    return values


def prediction_deviations(axes: Axes, method: str | None = None) -> Floats:
    """Standard deviation of each prediction over random latents, in `units(axes)`, shape (n_axes,).

    For "local" it is that of the scores that the regressor learned from.
    """
    values = deviations(axes)
    for row, column in _known_columns(axes, method):
        assert axes.regressor is not None
        values[row] = axes.regressor.scales[column]
    return values


def slider_ranges(axes: Axes, reach: float, method: str | None = None) -> Floats:
    """Range of each prediction for a slider: `reach` standard deviations either way.

    Returns
    -------
    float64 array, shape (n_axes, 2)
        Around the prediction at z = 0 for "straight"; around the mean score for "local", and no further than
        an edit may go (`LatentRegressor.lowest`, `highest`).
    """
    centres, away = np.nan_to_num(axes.intercepts, nan=0.0), reach * prediction_deviations(axes, method)
    ranges: Floats = np.stack([centres - away, centres + away], axis=1)
    for row, column in _known_columns(axes, method):
        regressor = axes.regressor
        assert regressor is not None
        middle = regressor.offsets[column] + np.array([-away[row], away[row]])
        ranges[row] = np.clip(middle, regressor.lowest[column], regressor.highest[column])
    return ranges


def _known_columns(axes: Axes, method: str | None) -> list[tuple[int, int]]:
    """Row and column of each axis whose attribute the regressor knows; none for "straight"."""
    if choose_method(axes, method) == "straight" or axes.regressor is None:
        return []
    names = axes.regressor.names
    return [(row, names.index(name)) for row, name in enumerate(axes.names) if name in names]
