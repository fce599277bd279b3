"""Leakage: how far other attributes change with the target, at equal change of the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tlgan.array_types import Floats
from tlgan.errors import UserError
from tlgan.evaluation.bootstrap import interval, known_means, weighted_means
from tlgan.evaluation.rescoring import MeanChanges, Rescoring, mean_changes, mean_sizes


class AttributeDependency(NamedTuple):
    """Absolute changes of the other attributes; NaN where the edit is out of reach.

    Attributes
    ----------
    mean, largest : float64 arrays, shape (n_latents, A, S)
        In standard deviations of each attribute.
    """

    mean: Floats
    largest: Floats


def attribute_dependency(rescoring: Rescoring) -> AttributeDependency:
    """Mean and largest absolute change of the attributes other than the target and its companions.

    Returns
    -------
    AttributeDependency

    Notes
    -----
    Wu, Lischinski and Shechtman 2021, "StyleSpace analysis", arXiv 2011.12799, section 5: attribute
    dependency, mean-AD and max-AD, with logits normalised by their deviation over generated images.
    """
    sizes = np.abs(rescoring.changes).astype(np.float64)
    unreached = np.isnan(sizes).all(axis=3)
    known = ~np.isnan(sizes) & rescoring.others[:, None]
    counts = known.sum(axis=3)
    filled = np.where(known, sizes, 0.0)
    nothing = unreached | (counts == 0)
    mean = np.where(nothing, np.nan, filled.sum(axis=3) / np.maximum(counts, 1))
    largest = np.where(nothing, np.nan, filled.max(axis=3))
    return AttributeDependency(mean, largest)


@dataclass(frozen=True, eq=False)
class BinnedMeans:
    """A quantity by bins of the achieved change of the target, over all axes.

    Attributes
    ----------
    edges : float64 array, shape (n_bins + 1,)
        In standard deviations of the target.
    means, low, high : float64 arrays, shape (n_bins,)
        NaN for empty bins.
    counts : int array, shape (n_bins,), edits in each bin
    """

    edges: Floats
    means: Floats
    low: Floats
    high: Floats
    counts: NDArray[np.intp]


def mean_by_bin(achieved: Floats, values: Floats, edges: ArrayLike, weights: Floats) -> BinnedMeans:
    """Means of a quantity in bins of the achieved change, with bootstrap intervals over latents.

    Parameters
    ----------
    achieved, values : float64 arrays, shape (n_latents, A, S)
    edges : increasing floats, shape (n_bins + 1,)
    weights : float64 array, shape (1 + n_draws, n_latents)
    """
    bounds = np.asarray(edges, dtype=np.float64)
    if bounds.ndim != 1 or len(bounds) < 2 or (np.diff(bounds) <= 0).any():
        raise UserError(f"`edges` must be at least two increasing numbers. Got {edges!r}.")
    known = ~(np.isnan(achieved) | np.isnan(values))
    place = np.digitize(achieved, bounds) - 1
    draws, counts = [], []
    for number in range(len(bounds) - 1):
        inside = known & (place == number)
        total = weights @ np.where(inside, values, 0.0).sum(axis=(1, 2))
        share = weights @ inside.sum(axis=(1, 2))
        draws.append(np.divide(total, share, out=np.full_like(total, np.nan), where=share > 0))
        counts.append(int(inside.sum()))
    table = np.stack(draws, axis=1)
    return BinnedMeans(bounds, table[0], *interval(table), np.array(counts))


def at_equal_change(
    achieved: Floats, values: Floats, steps: ArrayLike, change: float, weights: Floats, start: float = 0.0
) -> Floats:
    """A quantity of each axis where the mean change of its target is `change`.

    For each axis the means over latents and both signs at every step size make a curve from
    (0, `start`): mean achieved change of the target against mean of the quantity, evaluated by
    linear interpolation, never beyond its end.

    Parameters
    ----------
    achieved, values : float64 arrays, shape (n_latents, A, S)
        `achieved` in standard deviations of the target.
    steps : float array, shape (S,)
    change : float
        Above 0.
    weights : float64 array, shape (1 + n_draws, n_latents)
    start : float
        The quantity of an image that is not edited.

    Returns
    -------
    float64 array, shape (1 + n_draws, A)
        One row per row of weights; NaN in all rows where the axis does not reach so far in the sample
        itself. A resample that falls short by chance counts with its last value.
    """
    if not change > 0:
        raise UserError(f"`change` must be above 0. Got {change}.")
    both = np.isnan(achieved) | np.isnan(values)
    sizes = np.abs(np.asarray(steps, dtype=np.float64))
    moved, quantity = (_levels(np.where(both, np.nan, x), sizes, weights) for x in (achieved, values))
    found = _crossing(moved, quantity, change, start)
    found[:, ~(np.nanmax(moved[0], axis=1, initial=-np.inf) >= change)] = np.nan
    return found


def changes_at_equal_change(rescoring: Rescoring, change: float, weights: Floats) -> MeanChanges:
    """Signed change of every attribute where the mean change of an axis' target is `change`.

    Parameters
    ----------
    rescoring : Rescoring
    change : float
        Above 0, in standard deviations of the target.
    weights : float array, shape (1 + n_draws, n_latents)
    """
    return mean_changes(_draws_at_equal_change(rescoring, change, weights), rescoring.others)


def systematic_leakage(rescoring: Rescoring, change: float, weights: Floats) -> Floats:
    """`MeanChanges.sizes` where the mean change of an axis' target is `change`, shape (1 + n_draws, A)."""
    return mean_sizes(_draws_at_equal_change(rescoring, change, weights), rescoring.others)


def _draws_at_equal_change(rescoring: Rescoring, change: float, weights: Floats) -> Floats:
    """Signed mean changes of every attribute at an equal change of the target, shape (1 + n_draws, A, K)."""
    towards, achieved = rescoring.towards.astype(np.float64), rescoring.achieved
    columns = [
        at_equal_change(achieved, towards[..., column], rescoring.steps, change, weights)
        for column in range(towards.shape[3])
    ]
    return np.stack(columns, axis=2)


def furthest_changes(achieved: Floats, steps: ArrayLike, weights: Floats) -> Floats:
    """The largest mean change of each axis' target over the step sizes, in standard deviations.

    Parameters
    ----------
    achieved : float64 array, shape (n_latents, A, S)
    steps : float array, shape (S,)
    weights : float array, shape (1 + n_draws, n_latents)

    Returns
    -------
    float64 array, shape (1 + n_draws, A)
        NaN where nothing is known of the target.
    """
    levels = _levels(achieved, np.abs(np.asarray(steps, dtype=np.float64)), weights)
    largest: Floats = np.fmax.reduce(levels, axis=2)  # ignores NaN beside numbers
    return largest


def _levels(values: Floats, sizes: Floats, weights: Floats) -> Floats:
    """Means over latents and signs at every step size, smallest first, shape (n_draws, A, n_sizes)."""
    levels = [known_means(values[:, :, sizes == size], 2) for size in np.unique(sizes)]
    return np.stack([weighted_means(weights, level) for level in levels], axis=2)


def _crossing(x: Floats, y: Floats, change: float, start: float) -> Floats:
    """Where polylines through (0, start) and the points of the last axis reach `change`; their ends else."""
    before_x, before_y = np.zeros(x.shape[:-1]), np.full(x.shape[:-1], start)
    reached = np.zeros(x.shape[:-1], dtype=np.bool_)
    for level in range(x.shape[-1]):
        next_x, next_y = x[..., level], y[..., level]
        known = ~reached & ~np.isnan(next_x) & ~np.isnan(next_y)
        crosses = known & (next_x >= change)
        rise = np.where(crosses, next_x - before_x, 1.0)
        share = np.where(crosses, (change - before_x) / rise, 1.0)
        before_y = np.where(known, before_y + share * (next_y - before_y), before_y)
        before_x = np.where(known, next_x, before_x)
        reached |= crosses
    return before_y
