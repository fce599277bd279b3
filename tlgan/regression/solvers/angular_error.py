"""Angular errors: how far an estimated direction may lie from the true one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from tlgan.array_types import Floats

LEVEL = 0.95


def angular_errors(variances: npt.ArrayLike, lengths: npt.ArrayLike, *, posterior: bool = False) -> Floats:
    """One-standard-error angle between estimated and true direction.

    Parameters
    ----------
    variances : float64 array, shape (n_axes,)
        Trace of the coefficients' covariance across the estimate; NaN counts as "nothing known".
    lengths : float64 array, shape (n_axes,)
        Of the estimated coefficients.
    posterior : bool
        The covariance is that of the truth about the estimate (ridge as a Gaussian prior), not of
        the estimate about the truth.

    Returns
    -------
    float64 array, shape (n_axes,)
        Degrees, 0 to 90; 90 where an estimate is no longer than its error.

    Notes
    -----
    The estimate is the truth plus an error. The sine of the angle between estimate and truth is the
    length of the error's part across the truth over the length of the estimate: its root mean
    square is sqrt(tr(P V P)) / |b| with the covariance V and the projection P across the direction.
    Seen the other way round, the truth is the estimate plus an error, and the same ratio is the
    tangent.
    """
    variances, lengths = np.broadcast_arrays(
        np.asarray(variances, dtype=np.float64), np.asarray(lengths, dtype=np.float64)
    )
    angles = np.full(variances.shape, 90.0)
    known = np.isfinite(variances) & (lengths > 0)
    ratios = np.sqrt(variances[known]) / lengths[known]
    angles[known] = np.degrees(np.arctan(ratios) if posterior else np.arcsin(np.minimum(ratios, 1.0)))
    return angles


def cone_angles(
    variances: npt.ArrayLike,
    squares: npt.ArrayLike,
    lengths: npt.ArrayLike,
    freedom: npt.ArrayLike = np.inf,
    *,
    posterior: bool = False,
    level: float = LEVEL,
) -> Floats:
    """Half-angle of the cone about each estimate that holds the true direction.

    Parameters
    ----------
    variances, lengths : float64 array, shape (n_axes,)
        As for `angular_errors`.
    squares : float64 array, shape (n_axes,)
        Trace of the square of the same covariance, for the shape of the error's distribution.
    freedom : float64 array, shape (n_axes,)
        Degrees of freedom of the residuals that the covariance was estimated from.
    posterior : bool
        As for `angular_errors`.
    level : float
        Probability, 0 to 1.

    Returns
    -------
    float64 array, shape (n_axes,)
        Degrees, 0 to 90.

    Notes
    -----
    The squared error across the direction is a sum of weighted chi-squares, taken as one scaled
    chi-square with tr(V)² / tr(V²) degrees of freedom (Satterthwaite 1946); over its estimated mean
    it follows an F distribution.
    """
    variances, squares, freedom = np.broadcast_arrays(
        *(np.asarray(array, dtype=np.float64) for array in (variances, squares, freedom))
    )
    known = np.isfinite(variances) & (squares > 0) & (freedom > 0)
    degrees = np.divide(variances**2, squares, out=np.ones_like(variances), where=known)
    freedom = np.where(known, np.minimum(freedom, 1e9), 1.0)  # SciPy's F has no infinite freedom
    stretch = np.where(known, stats.f.ppf(level, degrees, freedom), 1.0)
    return angular_errors(variances * stretch, lengths, posterior=posterior)


def information_limit(n_samples: float, latent_dim: int, slope: float, information: float) -> float:
    """Smallest angular error that an unbiased estimate of a direction can have.

    Parameters
    ----------
    n_samples : float
    latent_dim : int
        Of latents with identity covariance.
    slope : float
        Length of the true coefficients.
    information : float
        Fisher information of one sample about its predictor: 1 / variance for Gaussian noise,
        (f + 1) / (f + 3) / scale² for Student's t with f degrees of freedom, the mean of p (1 - p)
        for 0/1 labels of probability p.

    Returns
    -------
    float
        Degrees, 0 to 90.

    Notes
    -----
    Cramér-Rao: the covariance is at least the inverse information, I / (n_samples · information),
    of which latent_dim - 1 dimensions lie across the direction.
    """
    variance = (latent_dim - 1) / (n_samples * information)
    return float(np.degrees(np.arctan(np.sqrt(variance) / slope)))
