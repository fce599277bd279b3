"""How far an estimated direction may lie from the true one."""

from __future__ import annotations

import numpy as np
from scipy import stats

from tlgan.rows import Float


def angular_errors(sideways_variances: Float, coefficients: Float) -> Float:
    """One-standard-error angle between estimated and true direction.

    Parameters
    ----------
    sideways_variances : float64 array, shape (n_axes,)
        Trace of the coefficients' covariance across the estimate; NaN counts as "nothing known".
    coefficients : float64 array, shape (n_axes, latent_dim)

    Returns
    -------
    float64 array, shape (n_axes,)
        Degrees, 0 to 90; 90 where the estimate is no longer than its error.

    Notes
    -----
    The estimate is the truth plus an error; the sine of the angle between the two is the length of
    the error's part across the truth, over the length of the estimate. Its root mean square is
    sqrt(tr(P V P)) / |b|, where V is the covariance and P projects across the direction.
    """
    return _angles(sideways_variances, coefficients)


def cone_angles(
    sideways_variances: Float, sideways_degrees: Float, coefficients: Float, level: float = 0.95
) -> Float:
    """Half-angle of the cone about each estimate that holds the true direction at a given level.

    Parameters
    ----------
    sideways_variances, sideways_degrees : float64 array, shape (n_axes,)
        The squared error across the direction is taken as `sideways_variances` times a chi-square
        over its degrees of freedom (Satterthwaite 1946).
    coefficients : float64 array, shape (n_axes, latent_dim)
    level : float
        Coverage, 0 to 1.

    Returns
    -------
    float64 array, shape (n_axes,)
        Degrees, 0 to 90.
    """
    known = np.isfinite(sideways_degrees) & (sideways_degrees > 0)
    stretch = np.ones_like(sideways_variances)
    stretch[known] = stats.chi2.ppf(level, sideways_degrees[known]) / sideways_degrees[known]
    return _angles(sideways_variances * stretch, coefficients)


def information_limit(n_samples: int, latent_dim: int, slope: float, information: float) -> float:
    """Smallest angular error that any unbiased estimate of a direction can have.

    Parameters
    ----------
    n_samples : int
    latent_dim : int
        Of latents with identity covariance.
    slope : float
        Length of the true coefficients.
    information : float
        Fisher information that one sample carries about its predictor: 1 / variance for Gaussian
        noise, (f + 1) / (f + 3) / scale² for Student's t with f degrees of freedom, the mean of
        p (1 - p) for a 0/1 label.

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


def _angles(variances: Float, coefficients: Float) -> Float:
    lengths = np.linalg.norm(coefficients, axis=1)
    sines = np.ones_like(lengths)
    known = np.isfinite(variances) & (lengths > 0)
    sines[known] = np.minimum(np.sqrt(variances[known]) / lengths[known], 1.0)
    degrees: Float = np.degrees(np.arcsin(sines))
    return degrees
