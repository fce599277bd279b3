"""Sandwich standard errors of fits whose rows have different weights in every attribute."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from scipy.linalg import lapack

from tlgan.array_types import Float32s, Floats, Indices
from tlgan.regression.solvers.angular_error import angular_errors, cone_angles
from tlgan.regression.solvers.estimates import Estimates, empty_estimates, merge_estimates
from tlgan.regression.solvers.lbfgs import Loss, Solution
from tlgan.regression.solvers.sufficient_statistics import Design, SufficientStatistics
from tlgan.regression.streaming.tree_sum import Term
from tlgan.regression.streaming.workers import worker_count

BLOCK = 40  # columns whose matrices are held at a time
SLAB_ROWS = 2048  # rows scaled and multiplied at a time: their copy takes 4 MiB with 512 dimensions
SEPARATION_RATIO = 1e4  # variance of a slope over what the mean weight alone would give


def sandwich_errors(
    design: Design,
    columns: Indices,
    solution: Solution,
    loss: Loss,
    ridge: Floats,
    *,
    robust: bool,
) -> Estimates:
    """Standard errors of fitted columns, in one pass over the latents per 40 columns.

    Parameters
    ----------
    design : Design
    columns : int array, shape (k,)
    solution : Solution
        Of the `columns`.
    loss : callable
        As for `tlgan.regression.solvers.lbfgs.minimise`, the same for all columns.
    ridge : float64 array, shape (k,)
    robust : bool
        Sandwich H⁻¹ (Σ r² x x') H⁻¹ (HC0; Huber 1967, White 1980), else H⁻¹, where H = Σ w x x' and
        r and w are the loss's first and second derivatives.

    Returns
    -------
    Estimates
        `separated` is also set for 0/1 columns that are nearly separated, which the variance of a
        slope shows.

    Notes
    -----
    The two matrices are summed in float32 within a chunk of rows and in float64 beyond: they scale
    standard errors and nothing else. For the angular error the sandwich is multiplied by the mean
    of r² / (1 - h) over the mean of r² (HC2, MacKinnon and White 1985), which takes off HC0's bias;
    the leverages h are those for elliptical latents, w / (mean w) times the leverage in least
    squares. With ridge the angular error rests on the posterior covariance (H + n ridge)⁻¹ times
    the dispersion Σ r² / Σ w · n / (n - effective parameters) instead.
    """
    parts: list[tuple[Indices, Estimates]] = []
    finish = partial(_errors, design, columns, solution, ridge)
    with ThreadPoolExecutor(worker_count()) as pool:
        for first in range(0, len(columns), BLOCK):
            places = np.arange(first, min(first + BLOCK, len(columns)))
            matrices = _gather(design, columns, solution, places, loss, robust=robust)
            parts += pool.map(finish, places.tolist(), matrices)
    return merge_estimates(parts, len(columns), design.rows.latent_dim)


@dataclass(frozen=True)
class _Matrices:
    """Sums over the rows for one column; first the intercept at the design's centre, then slopes."""

    hessian: Floats
    meat: Floats | None
    correction: float  # of the meat's scale, by the leverages


def _gather(
    design: Design, columns: Indices, solution: Solution, places: Indices, loss: Loss, *, robust: bool
) -> list[_Matrices]:
    width, size = len(places), design.rows.latent_dim + 1
    fullest = design.fullest
    weights = np.maximum(solution.mean_weights[places], 1e-300)
    weigh = partial(
        _weigh,
        loss=loss,
        coefficients=solution.coefficients[places],
        intercepts=solution.intercepts[places],
        centre=design.centre,
        whitening=fullest.eigenvectors / np.sqrt(fullest.eigenvalues),
        n=fullest.n,
        shares=fullest.n / design.summary.counts[columns[places]] / weights,
        robust=robust,
    )
    squares, *triangles = design.rows.total(weigh, columns[places])
    corrections = np.divide(squares[1], squares[0], out=np.ones(width), where=squares[0] > 0)
    matrices = np.empty((len(triangles), size, size))
    for matrix, triangle in zip(matrices, triangles, strict=True):
        matrix.ravel()[_lower(size)] = triangle
        matrix[...] = np.tril(matrix) + np.tril(matrix, -1).T
    return [
        _Matrices(matrices[i], matrices[width + i] if robust else None, float(corrections[i]))
        for i in range(width)
    ]


def _weigh(
    latents: Floats,
    responses: Floats,
    *,
    loss: Loss,
    coefficients: Floats,
    intercepts: Floats,
    centre: Floats,
    whitening: Floats,
    n: int,
    shares: Floats,
    robust: bool,
) -> list[Term]:
    """Sums of r² and of r² / (1 - h), then Σ w x x' of every column and, if `robust`, Σ r² x x'."""
    predictors = latents @ coefficients.T + intercepts
    _, first, second = loss(predictors, responses)
    missing = np.isnan(responses)
    first[missing] = second[missing] = 0.0
    latents -= centre
    whitened = latents @ whitening
    leverages = 1 / n + np.einsum("nd,nd->n", whitened, whitened)
    rest = np.maximum(1 - np.outer(leverages, shares) * second, 0.1)
    squares = np.stack([(first**2).sum(axis=0), (first**2 / rest).sum(axis=0)])
    augmented = np.empty((len(latents), latents.shape[1] + 1), dtype=np.float32)
    augmented[:, 0], augmented[:, 1:] = 1.0, latents
    scales = [*np.sqrt(second).T, *(np.abs(first).T if robust else ())]
    return [squares, *(_Scatter(augmented, scale.astype(np.float32)) for scale in scales)]


@dataclass(frozen=True)
class _Scatter:
    """Lower triangle of Σ scale² x x', row by row in one line, computed when it is added."""

    rows: Float32s
    scale: Float32s

    def add_to(self, total: Floats | None) -> Floats:
        size = self.rows.shape[1]
        scatter = np.zeros((size, size), dtype=np.float32)
        for start in range(0, len(self.rows), SLAB_ROWS):
            scaled = self.rows[start : start + SLAB_ROWS] * self.scale[start : start + SLAB_ROWS, None]
            # NumPy knows a matrix times itself, and lets other threads work meanwhile, as SciPy's ssyrk does not.
            scatter += scaled.T @ scaled
        triangle = scatter.ravel()[_lower(size)]
        if total is None:
            return triangle.astype(np.float64)
        total += triangle
        return total


@cache
def _lower(size: int) -> Indices:
    """Places of a matrix' lower triangle, row by row."""
    return np.flatnonzero(np.tri(size))


def _errors(
    design: Design, columns: Indices, solution: Solution, ridge: Floats, place: int, matrices: _Matrices
) -> tuple[Indices, Estimates]:
    """Place and estimates of one column."""
    statistics = design.group(int(columns[place]))
    penalty = statistics.n * float(ridge[place])
    estimates = _blank(statistics, solution, place)
    here = np.array([place])
    if solution.separated[place] or (statistics.rank_lost and not penalty):
        return here, estimates
    penalised = matrices.hessian.copy()
    penalised[np.diag_indices(len(penalised))] += np.r_[0.0, np.full(len(penalised) - 1, penalty)]
    factor, failed = lapack.dpotrf(penalised, lower=True)
    inverse = np.tril(lapack.dpotri(factor, lower=True)[0])
    inverse += np.tril(inverse, -1).T
    if not penalty and design.summary.hard[columns[place]]:
        plain = statistics.inverse_diagonal() / max(float(solution.mean_weights[place]), 1e-300)
        estimates.separated[0] = failed or (np.diag(inverse)[1:] > SEPARATION_RATIO * plain).any()
    if failed or estimates.separated[0]:
        return here, estimates
    covariance = inverse if matrices.meat is None else inverse @ matrices.meat @ inverse
    at_origin = np.r_[1.0, -design.centre]
    estimates.intercept_standard_errors[0] = np.sqrt(at_origin @ covariance @ at_origin)
    correction = 1.0 if matrices.meat is None else matrices.correction
    freedom = float(statistics.n - statistics.rank - 1)
    _set_errors(estimates, covariance[1:, 1:], correction, freedom)
    if penalty:
        freedom = statistics.n - len(inverse) + penalty * float(np.trace(inverse[1:, 1:]))
        dispersion = 1.0
        if matrices.meat is not None:
            dispersion = matrices.meat[0, 0] / matrices.hessian[0, 0] * statistics.n / max(freedom, 1.0)
        _set_angles(estimates, inverse[1:, 1:], dispersion, freedom, posterior=True)
    return here, estimates


def _blank(statistics: SufficientStatistics, solution: Solution, place: int) -> Estimates:
    estimates = empty_estimates(1, len(statistics.latent_mean))
    estimates.coefficients[0] = solution.coefficients[place]
    estimates.intercepts[0] = solution.intercepts[place]
    estimates.converged[0], estimates.separated[0] = solution.converged[place], solution.separated[place]
    estimates.rank_lost[0] = statistics.rank_lost
    return estimates


def _set_errors(estimates: Estimates, covariance: Floats, correction: float, freedom: float) -> None:
    estimates.standard_errors[0] = np.sqrt(np.diag(covariance))
    _set_angles(estimates, covariance, correction, freedom)


def _set_angles(
    estimates: Estimates, covariance: Floats, correction: float, freedom: float, *, posterior: bool = False
) -> None:
    length = float(np.linalg.norm(estimates.coefficients[0]))
    unit = estimates.coefficients[0] / max(length, 1e-300)
    turned = covariance @ unit
    along = float(unit @ turned)
    trace = correction * (float(np.trace(covariance)) - along)
    square = correction**2 * (float((covariance**2).sum() - 2 * turned @ turned) + along**2)
    estimates.angular_errors[0] = angular_errors(trace, length, posterior=posterior)
    estimates.cone_angles[0] = cone_angles(trace, square, length, freedom, posterior=posterior)
