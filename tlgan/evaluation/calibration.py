"""Calibration of edits: the requested change against the change that the judge measures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlgan.array_types import Floats
from tlgan.errors import UserError
from tlgan.evaluation.bootstrap import interval


@dataclass(frozen=True, eq=False)
class Calibration:
    """How well achieved changes match requested ones, for each of A axes.

    Attributes
    ----------
    slopes, low, high : float64 arrays, shape (A,)
        Achieved per requested change, by least squares through the origin, and its bootstrap interval.
        1 is calibrated; NaN where nothing was requested.
    errors : float64 array, shape (A,)
        Root mean square of achieved minus requested change, in the attribute's own unit.
    relative_errors : float64 array, shape (A,)
        The same over the root mean square of the requested change.
    """

    slopes: Floats
    low: Floats
    high: Floats
    errors: Floats
    relative_errors: Floats


def calibrate(
    requested: NDArray[np.floating], achieved: NDArray[np.floating], weights: Floats
) -> Calibration:
    """Compare requested and achieved changes of each axis' own attribute.

    Parameters
    ----------
    requested, achieved : float arrays, shape (n_latents, A, S)
        In label units, signed; NaN pairs are left out.
    weights : float64 array, shape (1 + n_draws, n_latents)
        See tlgan.evaluation.bootstrap.bootstrap_weights.
    """
    if requested.shape != achieved.shape or requested.ndim != 3:
        raise UserError(
            f"`requested` and `achieved` must share a shape (n_latents, n_axes, n_steps). "
            f"Got {requested.shape} and {achieved.shape}."
        )
    known = ~(np.isnan(requested) | np.isnan(achieved))
    asked = np.where(known, requested, 0.0).astype(np.float64)
    got = np.where(known, achieved, 0.0).astype(np.float64)
    squares = weights @ (asked**2).sum(axis=2)
    products = weights @ (asked * got).sum(axis=2)
    draws = np.divide(products, squares, out=np.full_like(squares, np.nan), where=squares > 0)
    counts = known.sum(axis=(0, 2))
    misses = ((got - asked) ** 2).sum(axis=(0, 2))
    errors = np.sqrt(np.divide(misses, counts, out=np.full(len(counts), np.nan), where=counts > 0))
    size = np.sqrt(
        np.divide((asked**2).sum(axis=(0, 2)), counts, out=np.zeros(len(counts)), where=counts > 0)
    )
    relative = np.divide(errors, size, out=np.full(len(counts), np.nan), where=size > 0)
    return Calibration(draws[0], *interval(draws), errors, relative)
