"""Binomial generalised linear models with the logit link, many attributes at once."""

from __future__ import annotations

import numpy as np
from scipy import special

from tlgan.array_types import Floats, Indices
from tlgan.regression.solvers.estimates import Estimates, LinearModel
from tlgan.regression.solvers.lbfgs import LossValues, Solution, minimise
from tlgan.regression.solvers.sandwich_covariance import sandwich_errors
from tlgan.regression.solvers.sufficient_statistics import Design


def binomial_loss(predictors: Floats, responses: Floats) -> LossValues:
    """Negative log-likelihood of a logit model, and its derivatives in the predictor.

    Parameters
    ----------
    predictors, responses : float64 array, shape (n, k)
        Responses are probabilities or 0/1.

    Returns
    -------
    LossValues
    """
    small = np.exp(-np.abs(predictors))
    means = np.where(predictors >= 0, 1.0, small) / (1.0 + small)
    values = np.maximum(predictors, 0.0) + np.log1p(small) - responses * predictors
    return LossValues(values, means - responses, small / (1.0 + small) ** 2)


def solve_binomial(
    design: Design, columns: Indices, ridge: Floats, start: LinearModel | None = None
) -> Solution:
    """Maximise the (quasi-)likelihood of logit models.

    Parameters
    ----------
    design : Design
    columns : int array, shape (k,)
        Which columns to fit; not constant, between 0 and 1.
    ridge : float64 array, shape (k,)
    start : LinearModel, optional
        Where to start from; the base rates without it.

    Returns
    -------
    Solution
    """
    if start is None:
        base = special.logit(design.summary.means[columns])
        start = LinearModel(np.zeros((len(columns), design.rows.latent_dim)), base)
    return minimise(design, columns, lambda places: binomial_loss, ridge, start, design.summary.hard[columns])


def fit_binomial(design: Design, columns: Indices, ridge: Floats, *, robust: bool) -> Estimates:
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
    return sandwich_errors(design, columns, solution, binomial_loss, ridge, robust=robust)
