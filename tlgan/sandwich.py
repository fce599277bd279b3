"""Standard errors of generalised linear and robust fits: one Hessian and one meat per attribute."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy import linalg

from tlgan.estimates import Estimates, empty_estimates, scatter
from tlgan.glm import Loss
from tlgan.least_squares import Moments
from tlgan.rows import Bool, Float, Int, Rows

BLOCK = 40  # columns whose matrices are held at a time
SLAB_ROWS = 1024  # rows scaled and multiplied at a time, so that they stay in the cache
SEPARATION_RATIO = 1e4  # variance of a slope over what the mean weight alone would give


def estimate_errors(
    rows: Rows,
    moments: Sequence[Moments],
    columns: Int,
    coefficients: Float,
    intercepts: Float,
    loss: Callable[[Int], Loss],
    ridge: Float,
    *,
    robust: bool,
    hard: Bool,
    converged: Bool,
    separated: Bool,
) -> Estimates:
    """Standard errors of fitted columns, in one pass over the latents per 40 columns.

    Parameters
    ----------
    rows : Rows
    moments : sequence of Moments
        Of all columns of `rows`.
    columns : int array, shape (k,)
    coefficients : float64 array, shape (k, latent_dim)
    intercepts : float64 array, shape (k,)
    loss : callable
        Takes places in `columns` and returns the loss of those.
    ridge : float64 array, shape (k,)
    robust : bool
        Sandwich H⁻¹ (Σ r² x x') H⁻¹ (HC0; Huber 1967, White 1980), else H⁻¹, where H = Σ w x x' and
        r and w are the loss's first and second derivatives.
    hard, converged, separated : bool array, shape (k,)

    Returns
    -------
    Estimates

    Notes
    -----
    H and the meat are summed in float32 within 1024 rows and in float64 beyond: they only scale
    standard errors. The variance across the direction is multiplied by n / (n - latent_dim - 1)
    (HC1), which takes off most of HC0's bias.
    """
    parts = []
    for first in range(0, len(columns), BLOCK):
        places = np.arange(first, min(first + BLOCK, len(columns)))
        hessians, meats = _gather(
            rows, moments, columns[places], coefficients[places], intercepts[places], loss(places), robust
        )
        for index, place in enumerate(places.tolist()):
            group = next(m for m in moments if columns[place] in m.columns)
            estimates = _errors(
                hessians[index],
                meats[index] if robust else None,
                coefficients[place],
                group,
                moments[0].latent_mean,
                float(ridge[place]),
                hard=bool(hard[place]),
                separated=bool(separated[place]),
            )
            parts.append((np.array([place]), estimates))
    whole = scatter(parts, len(columns), rows.latent_dim)
    whole.coefficients[:], whole.intercepts[:], whole.converged[:] = coefficients, intercepts, converged
    return whole


def _gather(
    rows: Rows,
    moments: Sequence[Moments],
    columns: Int,
    coefficients: Float,
    intercepts: Float,
    loss: Loss,
    robust: bool,
) -> tuple[Float, Float]:
    size = rows.latent_dim + 1
    hessians = np.zeros((len(columns), size, size))
    meats = np.zeros((len(columns) if robust else 0, size, size))
    centre = moments[0].latent_mean
    for latents, responses in rows.chunks(columns):
        _, first, second = loss(latents @ coefficients.T + intercepts, responses)
        missing = np.isnan(responses)
        first[missing] = second[missing] = 0.0
        roots = np.sqrt(second).astype(np.float32)
        residuals = np.abs(first).astype(np.float32)
        design = np.empty((len(latents), size), dtype=np.float32)
        design[:, 0] = 1.0
        design[:, 1:] = latents - centre
        for start in range(0, len(design), SLAB_ROWS):
            slab = design[start : start + SLAB_ROWS]
            for sums, scales in ((hessians, roots), (meats, residuals)):
                for matrix, scale in zip(sums, scales[start : start + SLAB_ROWS].T, strict=False):
                    scaled = slab * scale[:, None]
                    matrix += scaled.T @ scaled
    return hessians, meats


def _errors(
    hessian: Float,
    meat: Float | None,
    coefficients: Float,
    moments: Moments,
    centre: Float,
    ridge: float,
    *,
    hard: bool,
    separated: bool,
) -> Estimates:
    estimates = empty_estimates(1, len(coefficients))
    estimates.separated[:] = separated
    estimates.rank_lost[:] = moments.rank_lost
    length = float(np.linalg.norm(coefficients))
    if separated or moments.rank_lost or not length:
        return estimates
    mean_weight = hessian[0, 0] / moments.n
    hessian[np.diag_indices(len(hessian))] += np.r_[0.0, np.full(len(coefficients), moments.n * ridge)]
    try:
        inverse = linalg.cho_solve(linalg.cho_factor(hessian), np.eye(len(hessian)))
    except linalg.LinAlgError:
        estimates.separated[:] = hard
        return estimates
    if hard and not ridge:
        plain = (moments.eigenvectors**2 / moments.eigenvalues).sum(axis=1) / mean_weight
        if (np.diag(inverse)[1:] > SEPARATION_RATIO * plain).any():
            estimates.separated[:] = True
            return estimates
    covariance = inverse if meat is None else inverse @ meat @ inverse
    slopes = covariance[1:, 1:]
    at_origin = np.r_[1.0, -centre]
    estimates.standard_errors[0] = np.sqrt(np.diag(slopes))
    estimates.intercept_standard_errors[0] = np.sqrt(at_origin @ covariance @ at_origin)
    unit = coefficients / length
    turned = slopes @ unit
    along = float(unit @ turned)
    sideways = float(np.trace(slopes)) - along
    spread = float((slopes**2).sum()) - 2 * float(turned @ turned) + along**2
    freedom = moments.n - moments.rank - 1
    estimates.sideways_variances[0] = sideways * (moments.n / freedom if meat is not None else 1.0)
    estimates.sideways_degrees[0] = sideways**2 / spread if spread > 0 else np.nan
    return estimates
