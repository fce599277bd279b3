"""What the scores of a latent are predicted to be: by the axes' straight fits, or by their regressor."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tlgan.array_types import Floats
from tlgan.axes.axes import Axes
from tlgan.axes.names import check_choice
from tlgan.editing.linear_predictors import check_latent_dim, deviations, predictors
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
    values = predictors(axes, latents)
    if choose_method(axes, method) == "local" and axes.regressor is not None:
        rows = normalize_latents(latents, axes.latent_space)
        check_latent_dim(axes, rows)
        scores = axes.regressor(rows)
        for column, name in enumerate(axes.names):
            if name in axes.regressor.names:
                values[:, column] = scores[:, axes.regressor.names.index(name)]
    return values


def prediction_deviations(axes: Axes, method: str | None = None) -> Floats:
    """Standard deviation of each prediction over random latents, in `units(axes)`, shape (n_axes,).

    For "local" it is that of the scores that the regressor learned from.
    """
    values = deviations(axes)
    if choose_method(axes, method) == "local" and axes.regressor is not None:
        for column, name in enumerate(axes.names):
            if name in axes.regressor.names:
                values[column] = axes.regressor.scales[axes.regressor.names.index(name)]
    return values


def prediction_range(axes: Axes, name: str, method: str | None = None) -> tuple[float, float]:
    """Smallest and largest prediction that an edit may end at, where that does not depend on the latent.

    The regressor's over its rows for "local"; infinite for "straight", see
    `tlgan.editing.linear_predictors.reachable_range`.
    """
    if choose_method(axes, method) == "local" and axes.regressor is not None:
        column = axes.regressor.index(name)
        return float(axes.regressor.lowest[column]), float(axes.regressor.highest[column])
    return -np.inf, np.inf
