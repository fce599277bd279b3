"""Least squares for many attributes at once: one set of moments, one factorisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from tlgan.array_types import Floats, Indices
from tlgan.regression.solvers.angular_error import angular_errors, cone_angles
from tlgan.regression.solvers.estimates import Estimates, empty_estimates, scatter
from tlgan.regression.solvers.sufficient_statistics import Design, SufficientStatistics
from tlgan.regression.streaming.row_stream import Rows

# (places, errors) -> what stands for the errors of the columns at those places; shape (n, k) both.
# It can be pickled.
Influence = Callable[[Indices | slice, Floats], Floats]


def unchanged(places: Indices | slice, errors: Floats) -> Floats:
    """The influence of errors in plain least squares."""
    return errors


def solve_least_squares(design: Design, columns: Indices, ridge: Floats) -> tuple[Floats, Floats]:
    """Coefficients and intercepts, without touching the latents again.

    Parameters
    ----------
    design : Design
    columns : int array, shape (k,)
        Which columns to fit.
    ridge : float64 array, shape (k,)
        Minimised is mean squared error / 2 + ridge · |coefficients|² / 2.

    Returns
    -------
    coefficients : float64 array, shape (k, latent_dim)
    intercepts : float64 array, shape (k,)
    """
    coefficients = np.empty((len(columns), design.rows.latent_dim))
    intercepts = np.empty(len(columns))
    for places, moments in design.groups(columns):
        solved = moments.solve(moments.cross, ridge=ridge[places]).T
        coefficients[places] = solved
        intercepts[places] = moments.response_mean - solved @ moments.latent_mean
    return coefficients, intercepts


def fit_least_squares(design: Design, columns: Indices, ridge: Floats, *, robust: bool) -> Estimates:
    """Fit columns by least squares, with standard errors, in one further pass over the latents.

    Parameters
    ----------
    design : Design
    columns : int array, shape (k,)
        Which columns to fit.
    ridge : float64 array, shape (k,)
    robust : bool
        Sandwich standard errors, else model-based ones; see `linear_errors`.

    Returns
    -------
    Estimates
        Of the `columns`, in their order.
    """
    coefficients, intercepts = solve_least_squares(design, columns, ridge)
    noise = np.zeros(len(columns))
    for places, moments in design.groups(columns):
        slopes = coefficients[places]
        fitted = np.einsum("dk,kd->k", moments.cross, slopes)
        quadratic = (slopes @ moments.eigenvectors) ** 2 @ moments.eigenvalues
        squares = np.maximum(moments.response_square - 2 * fitted + quadratic, 0.0)
        noise[places] = squares / np.maximum(moments.freedom(ridge[places]), 1e-300)
    return linear_errors(design, columns, coefficients, intercepts, ridge, noise, robust=robust)


def linear_errors(
    design: Design,
    columns: Indices,
    coefficients: Floats,
    intercepts: Floats,
    ridge: Floats,
    noise: Floats,
    influence: Influence = unchanged,
    *,
    robust: bool,
) -> Estimates:
    """Errors of coefficients that the errors of the responses enter through (X'X)⁻¹ X'.

    Parameters
    ----------
    design : Design
    columns : int array, shape (k,)
    coefficients : float64 array, shape (k, latent_dim)
    intercepts : float64 array, shape (k,)
    ridge : float64 array, shape (k,)
        Beside X'X / n.
    noise : float64 array, shape (k,)
        Variance of the errors.
    influence : callable
        Takes j places in `columns` and the errors (n, j) there, and returns what enters in their
        stead.
    robust : bool
        Sandwich standard errors HC0 (White 1980), else model-based ones. The angular error then
        rests on HC2 (MacKinnon and White 1985, equation 9), which is free of HC0's bias of about
        -latent_dim / n. With ridge it rests on the posterior covariance noise · (X'X + n ridge)⁻¹.

    Returns
    -------
    Estimates
        Of the `columns`, in their order.

    Notes
    -----
    With Z = (X - mean) (X'X)⁻¹ and errors e, the sandwich's diagonal is (Z∘Z)'(e∘e): one matrix
    product serves all columns. No column's full covariance is ever formed.
    """
    parts = []
    for strength in np.unique(ridge):
        same = np.flatnonzero(ridge == strength)
        for inside, moments in design.groups(columns[same]):
            places = same[inside]
            estimates = replace(
                empty_estimates(len(places), design.rows.latent_dim),
                coefficients=coefficients[places],
                intercepts=intercepts[places],
                rank_lost=np.full(len(places), moments.rank_lost),
            )
            if moments.freedom(strength) > 0 and (strength or not moments.rank_lost):
                estimates = _with_errors(
                    design.rows,
                    moments,
                    estimates,
                    float(strength),
                    noise[places],
                    partial(influence, places) if robust else None,
                )
            parts.append((places, estimates))
    return scatter(parts, len(columns), design.rows.latent_dim)


def _with_errors(
    rows: Rows,
    moments: SufficientStatistics,
    estimates: Estimates,
    ridge: float,
    noise: Floats,
    influence: Callable[[Floats], Floats] | None,
) -> Estimates:
    # Covariance of the coefficients, for errors of variance 1: U diag(variances) U'.
    penalised = moments.eigenvalues + moments.n * ridge
    variances = moments.eigenvalues / penalised**2
    lengths = np.linalg.norm(estimates.coefficients, axis=1)
    units = estimates.coefficients / np.maximum(lengths, 1e-300)[:, None]
    trace, square = _across(moments, units, variances)
    sideways = noise * trace
    if influence is not None:
        inverse = (moments.eigenvectors / penalised) @ moments.eigenvectors.T
        squares, intercept_squares, sideways = _sandwich(rows, moments, estimates, units, inverse, influence)
    else:
        covariance = (moments.eigenvectors * variances) @ moments.eigenvectors.T
        at_mean = moments.latent_mean @ covariance @ moments.latent_mean
        squares = np.outer(noise, np.diag(covariance))
        intercept_squares = noise * (1 / moments.n + at_mean)
    if ridge:
        # The posterior under the prior that ridge stands for holds the shrinkage's bias as well.
        trace, square = _across(moments, units, 1 / penalised)
        unreached = rows.latent_dim - moments.rank
        trace += unreached / (moments.n * ridge)
        square += unreached / (moments.n * ridge) ** 2
        sideways = noise * trace
    shape = square * (sideways / np.where(trace > 0, trace, 1.0)) ** 2
    freedom = moments.freedom(ridge)
    return replace(
        estimates,
        standard_errors=np.sqrt(squares),
        intercept_standard_errors=np.sqrt(intercept_squares),
        angular_errors=angular_errors(sideways, lengths, posterior=ridge > 0),
        cone_angles=cone_angles(sideways, shape, lengths, freedom, posterior=ridge > 0),
    )


def _across(moments: SufficientStatistics, units: Floats, variances: Floats) -> tuple[Floats, Floats]:
    """Trace of U diag(variances) U' across each unit row, and trace of its square."""
    turned = (units @ moments.eigenvectors) ** 2
    along = turned @ variances
    return variances.sum() - along, (variances**2).sum() - 2 * turned @ variances**2 + along**2


def _sandwich(
    rows: Rows,
    moments: SufficientStatistics,
    estimates: Estimates,
    units: Floats,
    inverse: Floats,
    influence: Callable[[Floats], Floats],
) -> tuple[Floats, Floats, Floats]:
    """Squared HC0 standard errors of slopes and intercepts, and the HC2 variance sideways."""
    add_up = partial(
        _sandwich_sums,
        influence=influence,
        coefficients=estimates.coefficients,
        intercepts=estimates.intercepts,
        units=units,
        inverse=inverse,
        n=moments.n,
        latent_mean=moments.latent_mean,
    )
    squares, intercept_squares, sideways = rows.total(add_up, moments.columns)
    return squares, intercept_squares, sideways


def _sandwich_sums(
    latents: Floats,
    responses: Floats,
    *,
    influence: Callable[[Floats], Floats],
    coefficients: Floats,
    intercepts: Floats,
    units: Floats,
    inverse: Floats,
    n: int,
    latent_mean: Floats,
) -> tuple[Floats, Floats, Floats]:
    errors = influence(responses - latents @ coefficients.T - intercepts)
    np.square(errors, out=errors)
    latents -= latent_mean
    pulls = latents @ inverse
    leverages = 1 / n + np.einsum("nd,nd->n", pulls, latents)
    intercept_squares = (1 / n - pulls @ latent_mean) ** 2 @ errors
    along = pulls @ units.T
    np.square(pulls, out=pulls)
    across = pulls.sum(axis=1)[:, None] - along**2
    across /= np.maximum(1 - leverages, 1e-12)[:, None]
    return errors.T @ pulls, intercept_squares, np.einsum("nk,nk->k", across, errors)
