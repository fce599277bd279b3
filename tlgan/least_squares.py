"""Least squares for many attributes at once: one set of moments, one factorisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from tlgan.estimates import Estimates, empty_estimates, scatter
from tlgan.rows import Float, Int, Rows, Summary

# Eigenvalues of the latents' scatter below this share of the largest count as zero: with the
# latents' condition number above 1e6 fewer than four digits of a coefficient would be right.
RANK_TOLERANCE = 1e-12


@dataclass(frozen=True)
class Moments:
    """Centred sums over the training rows of columns that miss the same rows.

    Attributes
    ----------
    columns : int array, shape (k,)
        Which columns.
    n : int
        Rows present.
    latent_mean : float64 array, shape (latent_dim,)
    eigenvalues : float64 array, shape (rank,)
        Of the latents' scatter X'X, those that count as zero left out.
    eigenvectors : float64 array, shape (latent_dim, rank)
    response_mean : float64 array, shape (k,)
    cross : float64 array, shape (latent_dim, k)
        X'Y.
    response_square : float64 array, shape (k,)
        Diagonal of Y'Y.
    """

    columns: Int
    n: int
    latent_mean: Float
    eigenvalues: Float
    eigenvectors: Float
    response_mean: Float
    cross: Float
    response_square: Float

    @property
    def rank(self) -> int:
        """Directions of the latent space that the rows reach."""
        return len(self.eigenvalues)

    @property
    def rank_lost(self) -> bool:
        """Whether some direction of the latent space is not reached."""
        return self.rank < len(self.latent_mean)

    def solve(self, right: Float, weight: Float | float = 1.0, ridge: Float | float = 0.0) -> Float:
        """Solve (weight · X'X + n · ridge · I) B = right, the shortest B where rank is lost.

        `weight` and `ridge` are one number, or one per column of `right`.
        """
        columns = right.shape[1]
        spread = np.multiply.outer(self.eigenvalues, np.broadcast_to(weight, columns))
        spread += self.n * np.broadcast_to(ridge, columns)
        solution: Float = self.eigenvectors @ ((self.eigenvectors.T @ right) / spread)
        return solution

    def explained(self) -> Float:
        """Sum of squares that least squares explains, shape (k,)."""
        projected: Float = self.eigenvectors.T @ self.cross
        explained: Float = (projected**2 / self.eigenvalues[:, None]).sum(axis=0)
        return np.minimum(explained, self.response_square)

    def p_values(self) -> Float:
        """p-values of the hypothesis that the response does not hang on the latents, shape (k,).

        The F test of all slopes at once. Under the hypothesis the errors spread alike everywhere,
        so the test needs no robust covariance; for a binomial column it is the score test.
        NaN without degrees of freedom.
        """
        explained = self.explained()
        freedom = self.n - self.rank - 1
        rest = self.response_square - explained
        p_values = np.full(len(explained), np.nan)
        known = (rest > 0) & (freedom > 0)
        if freedom > 0:
            ratio = explained[known] / self.rank / (rest[known] / freedom)
            p_values[known] = stats.f.sf(ratio, self.rank, freedom)
            p_values[(rest <= 0) & (explained > 0)] = 0.0
        return p_values


def gather_moments(rows: Rows, summary: Summary) -> list[Moments]:
    """Gather the moments of every pattern of missing rows in one pass over the latents.

    Parameters
    ----------
    rows : Rows
    summary : Summary
        Of the same rows.

    Returns
    -------
    list of Moments
        One per pattern.
    """
    groups = [np.flatnonzero(summary.patterns == number) for number in range(summary.patterns.max() + 1)]
    sums: list[_Sums] = []
    shift = np.zeros(rows.latent_dim)
    for latents, responses in rows.chunks():
        if not sums:
            # Sums about a point near the mean lose no digits to a common offset.
            shift = latents.mean(axis=0)
            sums = [_Sums(rows.latent_dim, len(columns)) for columns in groups]
        latents -= shift
        responses -= summary.means
        for columns, group_sums in zip(groups, sums, strict=True):
            use = ~np.isnan(responses[:, columns[0]])
            if use.all():
                group_sums.add(latents, responses[:, columns])
            elif use.any():
                group_sums.add(latents[use], responses[use][:, columns])
    return [
        group_sums.finish(columns, shift, summary.means[columns])
        for columns, group_sums in zip(groups, sums, strict=True)
    ]


class _Sums:
    """Running sums about a fixed point."""

    def __init__(self, latent_dim: int, width: int) -> None:
        self.n = 0
        self.x = np.zeros(latent_dim)
        self.xx = np.zeros((latent_dim, latent_dim))
        self.y = np.zeros(width)
        self.xy = np.zeros((latent_dim, width))
        self.yy = np.zeros(width)

    def add(self, latents: Float, responses: Float) -> None:
        self.n += len(latents)
        self.x += latents.sum(axis=0)
        self.xx += latents.T @ latents
        self.y += responses.sum(axis=0)
        self.xy += latents.T @ responses
        self.yy += np.einsum("nk,nk->k", responses, responses)

    def finish(self, columns: Int, latent_shift: Float, response_shift: Float) -> Moments:
        n = max(self.n, 1)
        x, y = self.x / n, self.y / n
        eigenvalues, eigenvectors = np.linalg.eigh(self.xx - n * np.outer(x, x))
        keep = eigenvalues > RANK_TOLERANCE * max(eigenvalues[-1], 0.0)
        # n centred rows reach n - 1 directions at most, whatever rounding leaves in the others.
        keep[: max(len(keep) - max(self.n - 1, 0), 0)] = False
        return Moments(
            columns,
            self.n,
            latent_shift + x,
            eigenvalues[keep],
            eigenvectors[:, keep],
            response_shift + y,
            self.xy - n * np.outer(x, y),
            np.maximum(self.yy - n * y**2, 0.0),
        )


def solve_least_squares(moments: Moments, ridge: Float) -> tuple[Float, Float]:
    """Coefficients (k, latent_dim) and intercepts (k,) of one pattern's columns.

    Parameters
    ----------
    moments : Moments
    ridge : float64 array, shape (k,)
        Minimised is mean squared error / 2 + ridge · |coefficients|² / 2.
    """
    coefficients = moments.solve(moments.cross, ridge=ridge).T
    return coefficients, moments.response_mean - coefficients @ moments.latent_mean


def fit_least_squares(
    rows: Rows, moments: Sequence[Moments], columns: Int, ridge: Float, *, robust: bool
) -> Estimates:
    """Fit columns by least squares, with standard errors, in one further pass over the latents.

    Parameters
    ----------
    rows : Rows
    moments : sequence of Moments
        Of all columns of `rows`.
    columns : int array, shape (k,)
        Which columns to fit, ascending.
    ridge : float64 array, shape (k,)
    robust : bool
        Sandwich standard errors HC0 (White 1980), else model-based ones. The variance across the
        direction then rests on HC2 (MacKinnon and White 1985, equation 9), which is free of HC0's
        bias of about -latent_dim / n.

    Returns
    -------
    Estimates
        Of the `columns`, in their order.

    Notes
    -----
    With Z = (X - mean) (X'X)⁻¹ and residuals e, the sandwich's diagonal is (Z∘Z)'(e∘e): one matrix
    product serves all columns. No column's full covariance is ever formed.
    """
    ridge_of = dict(zip(columns.tolist(), ridge.tolist(), strict=True))
    parts = []
    for group in moments:
        chosen = np.flatnonzero(np.isin(group.columns, columns))
        for strength in sorted({ridge_of[column] for column in group.columns[chosen].tolist()}):
            same = [i for i in chosen.tolist() if ridge_of[int(group.columns[i])] == strength]
            part = replace(
                group,
                columns=group.columns[same],
                response_mean=group.response_mean[same],
                cross=group.cross[:, same],
                response_square=group.response_square[same],
            )
            places = np.flatnonzero(np.isin(columns, part.columns))
            parts.append((places, _fit_group(rows, part, strength, robust)))
    return scatter(parts, len(columns), rows.latent_dim)


def _fit_group(rows: Rows, moments: Moments, ridge: float, robust: bool) -> Estimates:
    width = len(moments.columns)
    coefficients, intercepts = solve_least_squares(moments, np.full(width, ridge))
    estimates = replace(
        empty_estimates(width, rows.latent_dim),
        coefficients=coefficients,
        intercepts=intercepts,
        rank_lost=np.full(width, moments.rank_lost),
    )
    values = moments.eigenvalues / (moments.eigenvalues + moments.n * ridge) ** 2
    freedom = moments.n - 1 - (moments.eigenvalues / (moments.eigenvalues + moments.n * ridge)).sum()
    if moments.rank_lost or freedom <= 0:
        return estimates
    units = coefficients / np.maximum(np.linalg.norm(coefficients, axis=1), 1e-300)[:, None]
    along = units @ moments.eigenvectors
    along_first, along_second = along**2 @ values, along**2 @ values**2
    trace = values.sum() - along_first
    degrees = trace**2 / (np.sum(values**2) - 2 * along_second + along_first**2)
    inverse = (moments.eigenvectors / (moments.eigenvalues + moments.n * ridge)) @ moments.eigenvectors.T
    if robust:
        squares, intercept_squares, sideways = _sandwich(rows, moments, estimates, units, inverse)
    else:
        fitted = np.einsum("dk,kd->k", moments.cross, coefficients)
        quadratic = ((coefficients @ moments.eigenvectors) ** 2) @ moments.eigenvalues
        noise = np.maximum(moments.response_square - 2 * fitted + quadratic, 0.0) / freedom
        covariance = (moments.eigenvectors * values) @ moments.eigenvectors.T
        squares = np.outer(noise, np.diag(covariance))
        at_mean = moments.latent_mean @ covariance @ moments.latent_mean
        intercept_squares = noise * (1 / moments.n + at_mean)
        sideways = noise * trace
    return replace(
        estimates,
        standard_errors=np.sqrt(squares),
        intercept_standard_errors=np.sqrt(intercept_squares),
        sideways_variances=sideways,
        sideways_degrees=degrees,
    )


def _sandwich(
    rows: Rows, moments: Moments, estimates: Estimates, units: Float, inverse: Float
) -> tuple[Float, Float, Float]:
    """Squared HC0 standard errors of slopes and intercepts, and the HC2 variance sideways."""
    width = len(moments.columns)
    squares = np.zeros((width, rows.latent_dim))
    intercept_squares, sideways = np.zeros(width), np.zeros(width)
    mean = moments.latent_mean
    for latents, responses in rows.chunks(moments.columns):
        errors = responses - latents @ estimates.coefficients.T - estimates.intercepts
        np.square(errors, out=errors)
        latents -= mean
        influence = latents @ inverse
        leverages = 1 / moments.n + np.einsum("nd,nd->n", influence, latents)
        intercept_squares += (1 / moments.n - influence @ mean) ** 2 @ errors
        along = influence @ units.T
        np.square(along, out=along)
        np.square(influence, out=influence)
        squares += errors.T @ influence
        across = influence.sum(axis=1)[:, None] - along
        sideways += np.einsum("nk,nk->k", across, errors / np.maximum(1 - leverages, 1e-12)[:, None])
    return squares, intercept_squares, sideways
