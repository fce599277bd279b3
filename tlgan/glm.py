"""Logit models and Huber's robust regression of many attributes at once."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy import special, stats

from tlgan.estimates import Estimates
from tlgan.least_squares import solve_least_squares
from tlgan.moments import Design
from tlgan.rows import Float, Int
from tlgan.sandwich import sandwich_errors, scaled_errors
from tlgan.solver import Loss, Solution, minimise

HUBER_BEND = 1.345  # 95 % efficiency under Gaussian noise (Huber 1981)
SCALE_ROUNDS = 50
SCALE_TOLERANCE = 1e-8
NORMAL_QUARTILE = float(stats.norm.ppf(0.75))


def binomial_loss(predictors: Float, responses: Float) -> tuple[Float, Float, Float]:
    """Negative log-likelihood of a logit model, and its derivatives in the predictor.

    Parameters
    ----------
    predictors, responses : float64 array, shape (n, k)
        Responses are probabilities or 0/1.

    Returns
    -------
    values, first, second : float64 array, shape (n, k)
    """
    small = np.exp(-np.abs(predictors))
    means = np.where(predictors >= 0, 1.0, small) / (1.0 + small)
    values = np.maximum(predictors, 0.0) + np.log1p(small) - responses * predictors
    return values, means - responses, small / (1.0 + small) ** 2


def huber_loss(scale: Float) -> Loss:
    """Huber's loss: half the squared error up to 1.345 scales, linear beyond.

    Parameters
    ----------
    scale : float64 array, shape (k,)
    """
    bend = HUBER_BEND * scale

    def loss(predictors: Float, responses: Float) -> tuple[Float, Float, Float]:
        errors = predictors - responses
        clipped = np.clip(errors, -bend, bend)
        return clipped * (errors - clipped / 2), clipped, (errors == clipped).astype(np.float64)

    return loss


def solve_binomial(
    design: Design, columns: Int, ridge: Float, start: tuple[Float, Float] | None = None
) -> Solution:
    """Maximise the (quasi-)likelihood of logit models.

    Parameters
    ----------
    design : Design
    columns : int array, shape (k,)
        Which columns to fit; not constant, between 0 and 1.
    ridge : float64 array, shape (k,)
    start : pair of float64 arrays, optional
        Coefficients and intercepts to start from; the base rates without them.

    Returns
    -------
    Solution
    """
    if start is None:
        base = special.logit(design.summary.means[columns])
        start = np.zeros((len(columns), design.rows.latent_dim)), base
    return minimise(design, columns, lambda places: binomial_loss, ridge, start, design.summary.hard[columns])


def fit_binomial(design: Design, columns: Int, ridge: Float, *, robust: bool) -> Estimates:
    """Fit logit models with standard errors.

    Parameters
    ----------
    design : Design
    columns : int array, shape (k,)
    ridge : float64 array, shape (k,)
    robust : bool
        Sandwich standard errors (HC0), else the inverse information.

    Returns
    -------
    Estimates
    """
    solution = solve_binomial(design, columns, ridge)
    return sandwich_errors(design, columns, solution, lambda places: binomial_loss, ridge, robust=robust)


def fit_huber(design: Design, columns: Int, ridge: Float, *, robust: bool) -> Estimates:
    """Fit by Huber's loss, its scale the residuals' median absolute value over 0.6745.

    Parameters
    ----------
    design : Design
    columns : int array, shape (k,)
    ridge : float64 array, shape (k,)
    robust : bool
        Sandwich standard errors, else those for errors that spread alike everywhere (Huber 1981,
        equation 7.6.6, which statsmodels calls H1).

    Returns
    -------
    Estimates

    Notes
    -----
    Coefficients and scale are found in turn until the scale stands still, as
    `statsmodels.robust.robust_linear_model.RLM` does.
    """
    start = solve_least_squares(design, columns, ridge)
    scale = _scales(design, columns, start)
    no = np.zeros(len(columns), dtype=np.bool_)
    settled = no.copy()
    solution = Solution(*start, settled, no, np.ones(len(columns)))
    for _ in range(SCALE_ROUNDS):
        moving = np.flatnonzero(~settled)
        part = minimise(
            design,
            columns[moving],
            partial(_huber_losses, scale[moving]),
            ridge[moving],
            (solution.coefficients[moving], solution.intercepts[moving]),
            no[moving],
        )
        for name in ("coefficients", "intercepts", "mean_weights"):
            getattr(solution, name)[moving] = getattr(part, name)
        new = _scales(design, columns[moving], (part.coefficients, part.intercepts))
        settled[moving] = part.converged & (np.abs(new - scale[moving]) <= SCALE_TOLERANCE * new)
        scale[moving] = new
        if settled.all():
            break
    errors = sandwich_errors if robust else scaled_errors
    return errors(design, columns, solution, partial(_huber_losses, scale), ridge)


def _huber_losses(scale: Float, places: Int) -> Loss:
    return huber_loss(scale[places])


def _scales(design: Design, columns: Int, solution: tuple[Float, Float]) -> Float:
    coefficients, intercepts = solution

    def errors(latents: Float, responses: Float) -> Float:
        return np.abs(responses - latents @ coefficients.T - intercepts)

    sizes = np.concatenate(list(design.rows.map(errors, columns)))
    return np.asarray(np.nanmedian(sizes, axis=0, overwrite_input=True) / NORMAL_QUARTILE)
