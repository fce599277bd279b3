"""Bootstrap over latents: every statistic is a function of weighted means."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tlgan.array_types import Floats
from tlgan.errors import UserError

DRAWS = 400
LEVEL = 0.95


def bootstrap_weights(n_rows: int, draws: int = DRAWS, seed: int = 0) -> Floats:
    """Draw weights of resampled rows; the first row of weights is the sample itself.

    Parameters
    ----------
    n_rows : int
        At least 1.
    draws : int
        Resamples with replacement.
    seed : int

    Returns
    -------
    float64 array, shape (1 + draws, n_rows)
        Each row sums to 1.

    Notes
    -----
    Efron, "Bootstrap methods: another look at the jackknife", Ann. Statist. 7 (1979) 1.
    """
    if n_rows < 1 or draws < 1:
        raise UserError(f"`n_rows` must be at least 1 and `draws` at least 1. Got {n_rows} and {draws}.")
    counts = np.random.default_rng(seed).multinomial(n_rows, np.full(n_rows, 1 / n_rows), size=draws)
    weights: Floats = np.concatenate([np.ones((1, n_rows)), counts]) / n_rows
    return weights


def weighted_means(weights: Floats, values: NDArray[Any]) -> Floats:
    """Means over rows, one for each row of weights; NaN entries are left out.

    Parameters
    ----------
    weights : float array, shape (n_draws, n_rows)
    values : float array, shape (n_rows, ...)

    Returns
    -------
    float64 array, shape (n_draws, ...)
        NaN where every row with weight is NaN.
    """
    flat = np.asarray(values, dtype=np.float64).reshape(len(values), -1)
    known = ~np.isnan(flat)
    total = weights @ np.where(known, flat, 0.0)
    share = weights @ known if not known.all() else weights.sum(axis=1, keepdims=True)
    means = np.divide(total, share, out=np.full_like(total, np.nan), where=share > 0)
    return means.reshape(len(weights), *values.shape[1:])


def known_means(values: NDArray[Any], axis: int) -> Floats:
    """Means over one axis without its NaN entries; NaN where all are."""
    known = ~np.isnan(values)
    counts = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis, dtype=np.float64)
    means: Floats = np.divide(total, counts, out=np.full(total.shape, np.nan), where=counts > 0)
    return means


class Interval(NamedTuple):
    """Lower and upper bounds, float64 arrays of one shape; NaN where there is no finite draw."""

    low: Floats
    high: Floats


def interval(draws: Floats, level: float = LEVEL) -> Interval:
    """Percentile interval over the first axis, the sample's own row left out; NaN draws are ignored.

    Parameters
    ----------
    draws : float64 array, shape (1 + n_draws, ...)
        A statistic for every row of `bootstrap_weights`.
    level : float
        Probability, 0 to 1.

    Returns
    -------
    Interval
        Of shape (...).
    """
    resampled = draws[1:].reshape(len(draws) - 1, -1)
    limits = np.full((2, resampled.shape[1]), np.nan)
    some = ~np.isnan(resampled).all(axis=0)
    if len(resampled) and some.any():
        tails = [(1 - level) / 2, (1 + level) / 2]
        limits[:, some] = np.nanquantile(resampled[:, some], tails, axis=0)
    low, high = limits.reshape(2, *draws.shape[1:])
    return Interval(np.asarray(low), np.asarray(high))
