"""Stability of axes: over halves of the samples, over growing samples, and how many samples they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tlgan.array_types import Floats
from tlgan.errors import UserError
from tlgan.regression.fit import Fits, fit_glms
from tlgan.regression.streaming.lazy_tables import FirstRows, HalfKnown
from tlgan.regression.streaming.row_stream import Table


@dataclass(frozen=True)
class LearningCurve:
    """Axes fitted on the first n samples, for several n.

    Attributes
    ----------
    counts : int array, shape (n_counts,)
        Samples given to the fit, held-out ones included.
    angular_errors : float64 array, shape (n_counts, n_axes)
        Degrees, as `tlgan.Fits` has them.
    held_out : float64 array, shape (n_counts, n_axes)
        AUC or R² on held-out samples.
    cosines : float64 array, shape (n_counts, n_axes)
        Between the axis and the one fitted on the largest count.
    """

    counts: npt.NDArray[np.intp]
    angular_errors: Floats
    held_out: Floats
    cosines: Floats


def half_cosines(
    latents: Table, responses: Table, names: Sequence[str], kinds: Sequence[str], **options: Any
) -> Floats:
    """Cosines between axes fitted on disjoint halves of the samples.

    Parameters
    ----------
    latents, responses, names, kinds
        As for `tlgan.regression.fit.fit_glms`.
    **options
        Of `tlgan.regression.fit.fit_glms`; `seed` also draws the halves.

    Returns
    -------
    float64 array, shape (n_axes,)
        -1 to 1; NaN where a half gives no direction.
    """
    seed = int(options.get("seed", 0)) + 1
    options["covariance"] = "model"  # directions alone are asked for; the robust one takes twice as long
    halves = [
        fit_glms(latents, HalfKnown(responses, seed, other), names, kinds, **options)
        for other in (False, True)
    ]
    return _cosines(*halves)


def learning_curve(
    latents: Table,
    responses: Table,
    names: Sequence[str],
    kinds: Sequence[str],
    counts: Sequence[int],
    *,
    whole: Fits | None = None,
    **options: Any,
) -> LearningCurve:
    """Fit axes on the first n samples for growing n.

    Parameters
    ----------
    latents, responses, names, kinds
        As for `tlgan.regression.fit.fit_glms`.
    counts : sequence of int
        Numbers of samples, each at most `len(latents)`.
    whole : Fits, optional
        Of all samples with the same options, where they are fitted already.
    **options
        Of `tlgan.regression.fit.fit_glms`.

    Returns
    -------
    LearningCurve
        Counts ascending.

    Raises
    ------
    UserError
        For counts out of range, or a category that the first samples lack.
    """
    n_samples = int(latents.shape[0])
    if not counts or min(counts) < 2 or max(counts) > n_samples:
        raise UserError(f"`counts` must lie between 2 and the number of samples ({n_samples}). Got {counts}.")
    ordered = sorted(set(counts))
    fits = [
        whole
        if whole is not None and count == n_samples
        else fit_glms(FirstRows(latents, count), FirstRows(responses, count), names, kinds, **options)
        for count in ordered
    ]
    cosines = [_cosines(fit, fits[-1]) for fit in fits]  # refuses fits of different rows, so first
    return LearningCurve(
        np.array(ordered),
        np.array([fit.angular_errors for fit in fits]),
        np.array([fit.held_out for fit in fits]),
        np.array(cosines),
    )


def samples_for_bound(fits: Fits, degrees: float, *, held_out: float = 0.1) -> Floats:
    """Estimate how many samples each axis needs for an angular error below a bound.

    Parameters
    ----------
    fits : Fits
        Of a pilot, without ridge.
    degrees : float
        Bound on the one-standard-error angle: above 0, below 90.
    held_out : float
        Share of the samples that the fit will not see.

    Returns
    -------
    float64 array, shape (n_axes,)
        Whole numbers, held-out samples included; infinite where the pilot determines nothing (an angular
        error of 90 degrees).

    Raises
    ------
    UserError
        For a bound out of range.

    Notes
    -----
    The covariance of n samples of latents is that of the pilot's n' times
    (n' - latent_dim - 1) / (n - latent_dim - 1), as for least squares on normal latents, and the
    tangent of the angle is its root over the true slope. So
    n = latent_dim + 1 + (n' - latent_dim - 1) · (tan pilot / tan bound)².
    """
    if not 0 < degrees < 90:
        raise UserError(f"`degrees` must lie between 0 and 90. Got {degrees}.")
    if not 0 <= held_out < 1:
        raise UserError(f"`held_out` must be at least 0 and below 1. Got {held_out}.")
    size = fits.latent_dim + 1
    ratios = np.tan(np.radians(fits.angular_errors)) / np.tan(np.radians(degrees))
    needed = (size + np.maximum(fits.n_samples - size, 1) * ratios**2) / (1 - held_out)
    return np.where(fits.angular_errors < 90, np.ceil(needed), np.inf)


def _cosines(first: Fits, second: Fits) -> Floats:
    if first.names != second.names:
        lost = sorted(set(first.names) ^ set(second.names))
        raise UserError(f"Every category must occur among the samples of each fit. {lost[0]!r} does not.")
    cosines = np.einsum("kd,kd->k", first.directions, second.directions)
    return np.where((first.slopes > 0) & (second.slopes > 0), np.clip(cosines, -1, 1), np.nan)
