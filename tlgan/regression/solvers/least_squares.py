"""Least squares for many attributes at once, from sufficient statistics and one factorisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from tlgan.array_types import Floats, Indices
from tlgan.regression.solvers.angular_error import angular_errors, cone_angles
from tlgan.regression.solvers.estimates import Estimates, LinearModel, empty_estimates, merge_estimates
from tlgan.regression.solvers.sufficient_statistics import Design, SufficientStatistics
from tlgan.regression.streaming.row_stream import Rows

# (places, errors) -> the influence of the errors of the columns at those places; shape (n, k) both.
# It can be pickled.
Influence = Callable[[Indices | slice, Floats], Floats]


def unchanged(places: Indices | slice, errors: Floats) -> Floats:
    """The influence of errors in plain least squares."""
    return errors


def solve_least_squares(design: Design, columns: Indices, ridge: Floats) -> LinearModel:
    """Solve least squares from sufficient statistics, without another pass over the latents.

    Parameters
    ----------
    design : Design
    columns : int array, shape (k,)
        Which columns to fit.
    ridge : float64 array, shape (k,)
        Minimised is mean squared error / 2 + ridge · |coefficients|² / 2.

    Returns
    -------
    LinearModel
    """
    coefficients = np.empty((len(columns), design.rows.latent_dim))
    intercepts = np.empty(len(columns))
    for places, statistics in design.groups(columns):
        solved = statistics.solve(statistics.cross, ridge=ridge[places]).T
        coefficients[places] = solved
        intercepts[places] = statistics.response_mean - solved @ statistics.latent_mean
    return LinearModel(coefficients, intercepts)


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
    for places, statistics in design.groups(columns):
        slopes = coefficients[places]
        fitted = np.einsum("dk,kd->k", statistics.cross, slopes)
        quadratic = (slopes @ statistics.eigenvectors) ** 2 @ statistics.eigenvalues
        squares = np.maximum(statistics.response_square - 2 * fitted + quadratic, 0.0)
        noise[places] = squares / np.maximum(statistics.freedom(ridge[places]), 1e-300)
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
    """Standard errors of coefficients that are linear in the responses, by (X'X)⁻¹ X'.

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
        Takes j places in `columns` and the errors (n, j) there, and returns their influence, which
        stands for them.
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
        for inside, statistics in design.groups(columns[same]):
            places = same[inside]
            estimates = replace(
                empty_estimates(len(places), design.rows.latent_dim),
                coefficients=coefficients[places],
                intercepts=intercepts[places],
                rank_lost=np.full(len(places), statistics.rank_lost),
            )
            if statistics.freedom(strength) > 0 and (strength or not statistics.rank_lost):
                estimates = _with_errors(
                    design.rows,
                    statistics,
                    estimates,
                    float(strength),
                    noise[places],
                    partial(influence, places) if robust else None,
                )
            parts.append((places, estimates))
    return merge_estimates(parts, len(columns), design.rows.latent_dim)


def _with_errors(
    rows: Rows,
    statistics: SufficientStatistics,
    estimates: Estimates,
    ridge: float,
    noise: Floats,
    influence: Callable[[Floats], Floats] | None,
) -> Estimates:
    """Add standard errors, angular errors and cone angles to estimates that share a ridge."""
    # Covariance of the coefficients, for errors of variance 1: U diag(variances) U'.
    penalised = statistics.eigenvalues + statistics.n * ridge
    variances = statistics.eigenvalues / penalised**2
    lengths = np.linalg.norm(estimates.coefficients, axis=1)
    units = estimates.coefficients / np.maximum(lengths, 1e-300)[:, None]
    trace, square = _across(statistics, units, variances)
    sideways = noise * trace
    if influence is not None:
        inverse = (statistics.eigenvectors / penalised) @ statistics.eigenvectors.T
        squares, intercept_squares, sideways = _sandwich(
            rows, statistics, estimates, units, inverse, influence
        )
    else:
        squares, intercept_squares = _model_variances(statistics, variances, noise)
    if ridge:
        # The posterior under the prior that ridge stands for holds the shrinkage's bias as well.
        trace, square = _across(statistics, units, 1 / penalised)
        unreached = rows.latent_dim - statistics.rank
        trace += unreached / (statistics.n * ridge)
        square += unreached / (statistics.n * ridge) ** 2
        sideways = noise * trace
    shape = square * (sideways / np.where(trace > 0, trace, 1.0)) ** 2
    freedom = statistics.freedom(ridge)
    return replace(
        estimates,
        standard_errors=np.sqrt(squares),
        intercept_standard_errors=np.sqrt(intercept_squares),
        angular_errors=angular_errors(sideways, lengths, posterior=ridge > 0),
        cone_angles=cone_angles(sideways, shape, lengths, freedom, posterior=ridge > 0),
    )


class _ModelVariances(NamedTuple):
    """Squared standard errors of slopes, shape (k, latent_dim), and of intercepts, shape (k,)."""

    squares: Floats
    intercept_squares: Floats


def _model_variances(statistics: SufficientStatistics, variances: Floats, noise: Floats) -> _ModelVariances:
    """Squared standard errors for errors of variance `noise` (k,), alike in all rows."""
    covariance = (statistics.eigenvectors * variances) @ statistics.eigenvectors.T
    at_mean = statistics.latent_mean @ covariance @ statistics.latent_mean
    return _ModelVariances(np.outer(noise, np.diag(covariance)), noise * (1 / statistics.n + at_mean))


def _across(statistics: SufficientStatistics, units: Floats, variances: Floats) -> tuple[Floats, Floats]:
    """Trace of U diag(variances) U' across each unit row, and trace of its square."""
    turned = (units @ statistics.eigenvectors) ** 2
    along = turned @ variances
    return variances.sum() - along, (variances**2).sum() - 2 * turned @ variances**2 + along**2


class _SandwichVariances(NamedTuple):
    """Squared HC0 standard errors of slopes and intercepts, and the HC2 variance across the direction."""

    squares: Floats
    intercept_squares: Floats
    sideways: Floats


def _sandwich(
    rows: Rows,
    statistics: SufficientStatistics,
    estimates: Estimates,
    units: Floats,
    inverse: Floats,
    influence: Callable[[Floats], Floats],
) -> _SandwichVariances:
    """Sum the sandwich variances over the rows."""
    chunk_variances = partial(
        _sandwich_variances,
        influence=influence,
        coefficients=estimates.coefficients,
        intercepts=estimates.intercepts,
        units=units,
        inverse=inverse,
        n=statistics.n,
        latent_mean=statistics.latent_mean,
    )
    return _SandwichVariances(*rows.total(chunk_variances, statistics.columns))


def _sandwich_variances(
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
) -> _SandwichVariances:
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
    return _SandwichVariances(errors.T @ pulls, intercept_squares, np.einsum("nk,nk->k", across, errors))
