"""Choose the ridge of each attribute on held-out rows."""

from __future__ import annotations

from functools import partial

import numpy as np

from tlgan.array_types import Floats, Indices
from tlgan.regression.solvers.estimates import LinearModel
from tlgan.regression.solvers.least_squares import solve_least_squares
from tlgan.regression.solvers.logistic import binomial_loss, solve_binomial
from tlgan.regression.solvers.sufficient_statistics import Design

# Latents have unit variance: a strength of 1 about halves least-squares coefficients.
STRENGTHS = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4, 0.0)


def choose_ridge(design: Design, columns: Indices, family: str) -> Floats:
    """Choose the strength of `STRENGTHS` with the least held-out deviance, per column.

    Parameters
    ----------
    design : Design
        With held-out rows.
    columns : int array, shape (k,)
    family : str
        "binomial", or "gaussian", which also serves for "huber".

    Returns
    -------
    float64 array, shape (k,)
        0 where a column has no held-out response.

    Notes
    -----
    The strengths are walked from strong to weak, each solution the start of the next.
    """
    solutions: list[LinearModel] = []
    for strength in STRENGTHS:
        ridge = np.full(len(columns), strength)
        if family == "binomial":
            solved = solve_binomial(design, columns, ridge, solutions[-1] if solutions else None)
            solutions.append(LinearModel(solved.coefficients, solved.intercepts))
        else:
            solutions.append(solve_least_squares(design, columns, ridge))
    (deviances,) = design.rows.total(
        partial(_deviances, solutions=solutions, family=family), columns, held=True
    )
    best = np.argmin(deviances, axis=0)
    best[~deviances.any(axis=0)] = STRENGTHS.index(0.0)
    chosen: Floats = np.array(STRENGTHS)[best]
    return chosen


def _deviances(
    latents: Floats, responses: Floats, *, solutions: list[LinearModel], family: str
) -> tuple[Floats]:
    """Half deviances summed over the rows, shape (n_strengths, k)."""
    totals = np.empty((len(solutions), responses.shape[1]))
    for index, (coefficients, intercepts) in enumerate(solutions):
        predictors = latents @ coefficients.T + intercepts
        if family == "binomial":
            values = binomial_loss(predictors, responses)[0]
        else:
            values = (responses - predictors) ** 2 / 2
        totals[index] = np.nansum(values, axis=0)
    return (totals,)
