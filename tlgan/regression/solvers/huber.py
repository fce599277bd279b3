"""Huber's robust regression of many attributes at once."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
from scipy import stats

from tlgan.array_types import Floats, Indices
from tlgan.regression.solvers.estimates import Estimates, LinearModel
from tlgan.regression.solvers.lbfgs import LossValues, minimise
from tlgan.regression.solvers.least_squares import Influence, linear_errors, solve_least_squares
from tlgan.regression.solvers.sufficient_statistics import Design

BEND = 1.345  # 95 % efficiency under Gaussian noise (Huber 1981)
NORMAL_QUARTILE = float(stats.norm.ppf(0.75))


def huber_loss(bend: Floats, predictors: Floats, responses: Floats) -> LossValues:
    """Huber's loss, half the squared error up to a bend and linear beyond, and its derivatives.

    Parameters
    ----------
    bend : float64 array, shape (k,)
        In the responses' unit.
    predictors, responses : float64 array, shape (n, k)

    Returns
    -------
    LossValues
    """
    errors = predictors - responses
    clipped = np.clip(errors, -bend, bend)
    inside = (errors == clipped).astype(np.float64)
    return LossValues(clipped * (errors - clipped / 2), clipped, inside)


def fit_huber(design: Design, columns: Indices, ridge: Floats, *, robust: bool) -> Estimates:
    """Fit by Huber's loss, bent at 1.345 scales of the least-squares residuals.

    Parameters
    ----------
    design : Design
    columns : int array, shape (k,)
        Which columns to fit.
    ridge : float64 array, shape (k,)
        Minimised is mean loss + ridge · |coefficients|² / 2.
    robust : bool
        Sandwich standard errors, else those for errors that spread alike everywhere (Huber 1981,
        equation 7.6.6, which statsmodels calls H1).

    Returns
    -------
    Estimates

    Notes
    -----
    The scale is the median absolute residual over 0.6745 and stays as it is, as in
    `statsmodels.robust.robust_linear_model.RLM.fit(update_scale=False)`. To first order the
    estimate is least squares on its own predictions plus the clipped errors over the share of
    errors that were not clipped; the standard errors are those of that least squares, enlarged by
    Huber's factor 1 + parameters / n · (1 - share) / share.
    """
    start = solve_least_squares(design, columns, ridge)
    bend = BEND * _scales(design, columns, start)
    no = np.zeros(len(columns), dtype=np.bool_)
    solution = minimise(design, columns, lambda places: partial(huber_loss, bend[places]), ridge, start, no)
    share = np.maximum(solution.mean_weights, 1e-300)
    freedom, stretch = np.empty(len(columns)), np.empty(len(columns))
    for places, statistics in design.groups(columns):
        freedom[places] = statistics.freedom(ridge[places] / share[places])
        parameters = statistics.n - freedom[places]
        stretch[places] = 1 + parameters / statistics.n * (1 - share[places]) / share[places]
    influence = partial(_influence, bend, stretch / share)
    (squares,) = design.rows.total(
        partial(
            _squares,
            influence=influence,
            coefficients=solution.coefficients,
            intercepts=solution.intercepts,
        ),
        columns,
    )
    estimates = linear_errors(
        design,
        columns,
        solution.coefficients,
        solution.intercepts,
        ridge / share,
        squares / np.maximum(freedom, 1e-300),
        influence,
        robust=robust,
    )
    estimates.converged[:] = solution.converged
    return estimates


def _influence(bend: Floats, factor: Floats, places: Indices | slice, errors: Floats) -> Floats:
    return np.clip(errors, -bend[places], bend[places]) * factor[places]


def _squares(
    latents: Floats, responses: Floats, *, influence: Influence, coefficients: Floats, intercepts: Floats
) -> tuple[Floats]:
    errors = responses - latents @ coefficients.T - intercepts
    return (np.asarray(np.nansum(influence(slice(None), errors) ** 2, axis=0)),)


def _scales(design: Design, columns: Indices, solution: LinearModel) -> Floats:
    coefficients, intercepts = solution
    sizes_of = partial(_sizes, coefficients=coefficients, intercepts=intercepts)
    sizes = np.concatenate(list(design.rows.map(sizes_of, columns)))
    return np.asarray(np.nanmedian(sizes, axis=0, overwrite_input=True), np.float64) / NORMAL_QUARTILE


def _sizes(
    latents: Floats, responses: Floats, *, coefficients: Floats, intercepts: Floats
) -> npt.NDArray[np.float32]:
    return np.abs(responses - latents @ coefficients.T - intercepts).astype(np.float32)
