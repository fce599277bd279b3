"""Edited images scored again by a judge: what an axis changes in pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tlgan.array_types import Floats
from tlgan.axes.names import companions
from tlgan.errors import UserError
from tlgan.evaluation.bootstrap import interval, known_means, weighted_means


@dataclass(frozen=True, eq=False)
class Rescoring:
    """Changes of the judged attributes of every latent by one edit method.

    Parameters
    ----------
    axes : tuple of str, length A
    attributes : tuple of str, length K
        The judge's. An axis' target is the attribute of its name; it may be missing.
    steps : float array, shape (S,)
        Signed and not zero, in standard deviations of the latent along the axis.
    changes : float array, shape (n_latents, A, S, K)
        Score after the edit minus score before, in standard deviations of the attribute over unedited
        images. NaN where an edit is out of reach.
    groups : tuple of tuples of str
        Attributes that say nearly the same. Where one of them is the target, the others of its group are its
        companions: what they change by is no leakage.
    """

    axes: tuple[str, ...]
    attributes: tuple[str, ...]
    steps: Floats
    changes: NDArray[np.floating]
    groups: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        steps = np.asarray(self.steps, dtype=np.float64)
        if steps.ndim != 1 or not len(steps) or (steps == 0).any() or not np.isfinite(steps).all():
            raise UserError(f"`steps` must be finite numbers other than 0. Got {self.steps!r}.")
        object.__setattr__(self, "steps", steps)
        shape = (len(self.axes), len(steps), len(self.attributes))
        if self.changes.ndim != 4 or self.changes.shape[1:] != shape or not len(self.changes):
            raise UserError(
                f"`changes` must have shape (n_latents, {', '.join(map(str, shape))}). "
                f"Got {self.changes.shape}."
            )

    @property
    def targets(self) -> NDArray[np.intp]:
        """Column of each axis' own attribute, shape (A,); -1 where the judge does not know it."""
        return np.array([self.attributes.index(a) if a in self.attributes else -1 for a in self.axes])

    @property
    def companions(self) -> NDArray[np.bool_]:
        """Whether an attribute is of the group of an axis' target, shape (A, K)."""
        rows = [companions(self.groups, axis) for axis in self.axes]
        return np.array([[name in row for name in self.attributes] for row in rows])

    @property
    def others(self) -> NDArray[np.bool_]:
        """Whether an attribute is neither an axis' target nor one of its companions, shape (A, K)."""
        own = np.array([[name == axis for name in self.attributes] for axis in self.axes])
        return ~(own | self.companions)

    @property
    def achieved(self) -> Floats:
        """Change of the target in the direction of the step, shape (n_latents, A, S); NaN without target."""
        own = self.changes[:, np.arange(len(self.axes)), :, self.targets].astype(np.float64)
        own[self.targets < 0] = np.nan
        achieved: Floats = np.moveaxis(own, 0, 1) * np.sign(self.steps)
        return achieved

    @property
    def towards(self) -> NDArray[np.floating]:
        """All changes, turned so that a step up and a step down can be averaged; shape of `changes`."""
        return self.changes * np.sign(self.steps)[:, None].astype(self.changes.dtype)


def changes_in_deviations(
    scores: ArrayLike, unedited: ArrayLike, deviations: ArrayLike
) -> NDArray[np.float32]:
    """Turn scores of edited images to changes in standard deviations of each attribute.

    Parameters
    ----------
    scores : float array, shape (n_latents, ..., K)
    unedited : float array, shape (n_latents, K)
    deviations : float array, shape (K,)
        Over unedited images. An attribute that never varies gets changes of NaN.
    """
    after, before = np.asarray(scores, np.float32), np.asarray(unedited, np.float32)
    spread = np.asarray(deviations, np.float64)
    scale = np.divide(1.0, spread, out=np.full(len(spread), np.nan), where=spread > 0).astype(np.float32)
    middle = (1,) * (after.ndim - 2)
    changes: NDArray[np.float32] = (after - before.reshape(len(before), *middle, -1)) * scale
    return changes


def rescoring_matrix(rescoring: Rescoring) -> Floats:
    """Mean change of every attribute by every axis and step, shape (A, S, K)."""
    whole = np.full((1, len(rescoring.changes)), 1 / len(rescoring.changes))
    means: Floats = weighted_means(whole, rescoring.changes)[0]
    return means


@dataclass(frozen=True, eq=False)
class MeanChanges:
    """What an axis changes on the mean over latents while its target changes by a given amount.

    Attributes
    ----------
    changes : float64 array, shape (A, K)
        Mean change of each attribute, signed; NaN where the target does not change so far.
    low, high : float64 arrays, shape (A, K)
        Bootstrap interval over latents.
    sizes : float64 array, shape (1 + n_draws, A)
        Mean over the other attributes, companions left out, of the absolute mean change, one row per row of
        weights. Unlike attribute dependency it takes the mean over latents first, so the judge's scatter from
        picture to picture averages out.
    draws : float64 array, shape (1 + n_draws, A, K)
        `changes` for each row of weights.
    """

    changes: Floats
    low: Floats
    high: Floats
    sizes: Floats
    draws: Floats


LEAST_CHANGE = 0.05  # of the target, in standard deviations


def mean_changes(draws: Floats, others: NDArray[np.bool_]) -> MeanChanges:
    """Figure, interval and sizes of mean changes.

    Parameters
    ----------
    draws : float64 array, shape (1 + n_draws, A, K)
        A row for each row of bootstrap weights.
    others : bool array, shape (A, K)
        See `Rescoring.others`.
    """
    return MeanChanges(draws[0], *interval(draws), mean_sizes(draws, others), draws)


def mean_sizes(draws: Floats, others: NDArray[np.bool_]) -> Floats:
    """Mean over the other attributes of the absolute mean change, shape (1 + n_draws, A); see `MeanChanges`."""
    return known_means(np.where(others, np.abs(draws), np.nan), 2)


def changes_per_target(rescoring: Rescoring, weights: Floats) -> MeanChanges:
    """Signed side effects of each axis for a unit change of its target, all steps together.

    The mean change of each attribute over the mean change of the target: 1 in the target's own column, NaN
    where the target does not move (by less than `LEAST_CHANGE` deviations).

    Parameters
    ----------
    rescoring : Rescoring
    weights : float array, shape (1 + n_draws, n_latents)
        See tlgan.evaluation.bootstrap.bootstrap_weights.
    """
    moved = weighted_means(weights, known_means(rescoring.towards, 2))
    targets = rescoring.targets
    own = np.where(targets >= 0, moved[:, np.arange(len(targets)), targets], np.nan)
    own = np.where(np.abs(own) >= LEAST_CHANGE, own, np.nan)
    return mean_changes(moved / own[:, :, None], rescoring.others)
