"""Huber's robust regression of many attributes at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from tlgan.estimates import Estimates
from tlgan.glm import Loss, huber_loss, solve
from tlgan.least_squares import Moments, solve_least_squares
from tlgan.rows import Float, Int, Rows
from tlgan.sandwich import estimate_errors

ROUNDS = 30
SCALE_TOLERANCE = 1e-8
NORMAL_QUARTILE = float(stats.norm.ppf(0.75))


def fit_huber(
    rows: Rows, moments: Sequence[Moments], columns: Int, ridge: Float, *, robust: bool
) -> Estimates:
    """Fit columns with Huber's loss, its scale the residuals' median absolute value / 0.6745.

    Parameters
    ----------
    rows : Rows
    moments : sequence of Moments
        Of all columns of `rows`.
    columns : int array, shape (k,)
        Which columns to fit, ascending.
    ridge : float64 array, shape (k,)
        In units of the loss divided by the squared scale.
    robust : bool
        Sandwich standard errors, else the inverse Hessian.

    Returns
    -------
    Estimates

    Notes
    -----
    Coefficients and scale are found in turn until the scale stands still, as in
    `statsmodels.robust.robust_linear_model.RLM` (Huber 1981, chapter 7).
    """
    coefficients = np.zeros((len(columns), rows.latent_dim))
    intercepts = np.zeros(len(columns))
    for group in moments:
        mine = np.isin(columns, group.columns)
        inside = np.isin(group.columns, columns)
        strengths = np.zeros(len(group.columns))
        strengths[inside] = ridge[mine]
        slopes, constants = solve_least_squares(group, strengths)
        coefficients[mine], intercepts[mine] = slopes[inside], constants[inside]
    scale = _scales(rows, columns, coefficients, intercepts)
    no = np.zeros(len(columns), dtype=np.bool_)
    converged = ~no
    centre = moments[0].latent_mean
    for _ in range(ROUNDS):
        start = np.vstack([intercepts + coefficients @ centre, coefficients.T])
        coefficients, intercepts, converged, _ = solve(
            rows, moments, columns, _losses(scale), ridge, hard=no, start=start
        )
        last, scale = scale, _scales(rows, columns, coefficients, intercepts)
        settled = np.abs(scale - last) <= SCALE_TOLERANCE * last
        if settled.all():
            break
    return estimate_errors(
        rows,
        moments,
        columns,
        coefficients,
        intercepts,
        _losses(scale),
        ridge,
        robust=robust,
        hard=no,
        converged=converged & settled,
        separated=no,
    )


def _losses(scale: Float):  # type: ignore[no-untyped-def]
    def losses(places: Int) -> Loss:
        return huber_loss(scale[places])

    return losses


def _scales(rows: Rows, columns: Int, coefficients: Float, intercepts: Float) -> Float:
    errors = [
        np.abs(responses - latents @ coefficients.T - intercepts).astype(np.float32)
        for latents, responses in rows.chunks(columns)
    ]
    return np.asarray(np.nanmedian(np.concatenate(errors), axis=0), dtype=np.float64) / NORMAL_QUARTILE
