"""Disentanglement against transformation: how many other decisions flip when the target's are made to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tlgan.array_types import Floats
from tlgan.evaluation.bootstrap import weighted_means


@dataclass(frozen=True, eq=False)
class TransformationCurves:
    """Curves of each axis over its step sizes, L of them, the first without an edit, and the areas below.

    Attributes
    ----------
    transformation : float64 array, shape (A, L)
        Share of the faces whose decision on the target has flipped, 0 to 1; NaN where it is not binary.
    disentanglement : float64 array, shape (A, L)
        Share of the decisions on the other binary attributes that have not flipped, 0 to 1.
    areas : float64 array, shape (1 + n_draws, A)
        Area below the curve, 0 to 1, one row per row of weights: 1 where all targets flip and nothing else.
    """

    transformation: Floats
    disentanglement: Floats
    areas: Floats


def transformation_curves(
    scores: NDArray[np.floating],
    unedited: NDArray[np.floating],
    steps: ArrayLike,
    targets: NDArray[np.intp],
    others: NDArray[np.bool_],
    weights: Floats,
) -> TransformationCurves:
    """Disentanglement-transformation curves, every face edited away from the judge's decision on it.

    Parameters
    ----------
    scores : float array, shape (n_latents, A, S, K)
        Logits after the edits; above 0 the decision is yes. NaN where an edit is out of reach.
    unedited : float array, shape (n_latents, K)
    steps : float array, shape (S,)
        Signed. A face that has the attribute is looked at after steps down, another after steps up.
    targets : int array, shape (A,)
        Column of each axis' own attribute; -1 where there is none or it is not binary.
    others : bool array, shape (A, K)
        The attributes that should stay; binary ones.
    weights : float array, shape (1 + n_draws, n_latents)

    Notes
    -----
    Han, Yang and Fu 2021, "Disentangled face attribute editing via instance-aware latent space search", arXiv
    2105.12660, as computed in the project yxuhan/IALS, dt_score/compute_score.py: the curve is of shares of
    flipped decisions, and the score its area by the trapezoid rule. There a curve is of one pair of attributes
    and one direction of the edit, and scores are averaged; here both directions are pooled, and the other
    attributes averaged, before the area is taken.
    """
    moves = np.asarray(steps, dtype=np.float64)
    sizes = np.unique(np.abs(moves))
    n_latents, n_axes = scores.shape[:2]
    shares = [np.zeros((n_latents, n_axes, 2))]
    for size in sizes:
        share = np.full((n_latents, n_axes, 2), np.nan)
        for step in np.flatnonzero(np.abs(moves) == size):
            flipped = np.where(
                np.isnan(scores[:, :, step]), np.nan, (scores[:, :, step] > 0) != (unedited > 0)[:, None]
            )
            of_target = flipped[:, np.arange(n_axes), targets]
            of_others = _masked_mean(flipped, others)
            away = (unedited[:, targets] > 0) == (moves[step] < 0)
            share[away] = np.stack([of_target, of_others], axis=2)[away]
        share[:, targets < 0] = np.nan
        shares.append(share)
    draws = weighted_means(weights, np.stack(shares, axis=2))  # (1 + n_draws, A, L, 2)
    transformation, disentanglement = draws[..., 0], 1 - draws[..., 1]
    heights = (disentanglement[..., 1:] + disentanglement[..., :-1]) / 2
    areas: Floats = (heights * np.diff(transformation, axis=2)).sum(axis=2)
    return TransformationCurves(transformation[0], disentanglement[0], areas)


def _masked_mean(values: Floats, mask: NDArray[np.bool_]) -> Floats:
    """Means over the attributes, shape (n, A), of values (n, A, K), where the mask (A, K) is set."""
    counts = mask.sum(axis=1)
    total = np.where(mask, values, 0.0).sum(axis=2)
    means: Floats = np.divide(total, counts, out=np.full(total.shape, np.nan), where=counts > 0)
    return means
