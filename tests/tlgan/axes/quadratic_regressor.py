"""A regressor made by hand whose predictions are quadratic: attributes that bend with each other, known exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tlgan.axes.latent_regressor import LatentRegressor

SMALL = 0.05  # of the arguments of GELU: the smaller, the nearer to a parabola


def quadratic_regressor(
    names: Sequence[str],
    directions: np.ndarray,
    linear: np.ndarray,
    squares: np.ndarray,
    offsets: np.ndarray | float = 0.0,
    groups: tuple[tuple[str, ...], ...] = (),
) -> LatentRegressor:
    """Predict `offsets + linear · u + squares · (u² - 1)` with u = directions · z, for K names.

    For small x, GELU(x) - GELU(-x) = x and GELU(x) + GELU(-x) = 2 x² / √(2π): two hidden units for each direction
    make its u and its u².

    Parameters
    ----------
    directions : shape (J, latent_dim)
    linear, squares : shape (K, J)
    offsets : shape (K,)
    """
    first = np.concatenate([directions, -directions]).T * SMALL
    halves = squares * np.sqrt(2 * np.pi) / (2 * SMALL**2)
    last = np.concatenate([halves + linear / SMALL, halves - linear / SMALL], axis=1).T
    spread = np.sqrt((linear**2).sum(axis=1) + 2 * (squares**2).sum(axis=1))
    bias = np.broadcast_to(offsets, len(names)) - squares.sum(axis=1)
    return LatentRegressor(
        names=tuple(names),
        weights=(first[None], (last / spread)[None]),
        biases=(np.zeros((1, first.shape[1])), (bias / spread)[None]),
        offsets=np.zeros(len(names)),
        scales=spread,
        lowest=np.full(len(names), -50.0),
        highest=np.full(len(names), 50.0),
        held_out=np.ones(len(names)),
        scatter=np.zeros(len(names)),
        straight_held_out=np.zeros(len(names)),
        groups=groups,
    )
