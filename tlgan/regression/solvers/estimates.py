"""Estimates of fitted columns, which every solver returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from tlgan.array_types import Booleans, Floats, Indices


class LinearModel(NamedTuple):
    """Coefficients (k, latent_dim) and intercepts (k,) of k columns, float64."""

    coefficients: Floats
    intercepts: Floats


@dataclass(frozen=True)
class Estimates:
    """Coefficients with their uncertainty; every array has one entry or row per fitted column.

    Attributes
    ----------
    coefficients : float64 array, shape (k, latent_dim)
    intercepts : float64 array, shape (k,)
    standard_errors : float64 array, shape (k, latent_dim)
        NaN where the data do not determine them.
    intercept_standard_errors : float64 array, shape (k,)
    angular_errors, cone_angles : float64 array, shape (k,)
        Degrees, as in `tlgan.regression.solvers.angular_error`; 90 where nothing is known.
    converged, separated, rank_lost : bool array, shape (k,)
    """

    coefficients: Floats
    intercepts: Floats
    standard_errors: Floats
    intercept_standard_errors: Floats
    angular_errors: Floats
    cone_angles: Floats
    converged: Booleans
    separated: Booleans
    rank_lost: Booleans


def empty_estimates(width: int, latent_dim: int) -> Estimates:
    """Estimates of columns about which nothing is known: coefficients zero, errors NaN."""
    yes, no = np.ones(width, dtype=np.bool_), np.zeros(width, dtype=np.bool_)
    return Estimates(
        coefficients=np.zeros((width, latent_dim)),
        intercepts=np.zeros(width),
        standard_errors=np.full((width, latent_dim), np.nan),
        intercept_standard_errors=np.full(width, np.nan),
        angular_errors=np.full(width, 90.0),
        cone_angles=np.full(width, 90.0),
        converged=yes,
        separated=no,
        rank_lost=no.copy(),
    )


def merge_estimates(parts: Sequence[tuple[Indices, Estimates]], width: int, latent_dim: int) -> Estimates:
    """Merge the estimates of several sets of columns, each set at its places."""
    whole = empty_estimates(width, latent_dim)
    for columns, part in parts:
        for field in fields(Estimates):
            getattr(whole, field.name)[columns] = getattr(part, field.name)
    return whole
