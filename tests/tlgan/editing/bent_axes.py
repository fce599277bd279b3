"""Axes whose regressor is known and bends: Male changes with the square of Smiling, which no axis can tell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.tlgan.axes.quadratic_regressor import quadratic_regressor
from tlgan.axes.axes import Axes
from tlgan.latents.sampling import draw_latents

NAMES = ("Smiling", "Male", "Young", "Age")
DIM = 32
OFFSETS = np.array([0.5, -0.3, 1.0, 40.0])
LINEAR = np.diag([2.0, 1.0, 1.5, 8.0])
BEND = 0.5  # Male per square of Smiling's coordinate


def make_bent_axes(latent_space: str = "sphere", groups: Sequence[Sequence[str]] = ()) -> Axes:
    """Orthonormal axes with the linear part of their regressor: what a GLM finds on random latents."""
    directions = np.linalg.qr(np.random.default_rng(6).standard_normal((DIM, 4)))[0].T
    squares = np.zeros((4, 4))
    squares[1, 0] = BEND
    regressor = quadratic_regressor(NAMES, directions, LINEAR, squares, OFFSETS, tuple(map(tuple, groups)))
    return Axes(
        names=NAMES,
        directions=directions,
        raw_directions=directions,
        slopes=np.diag(LINEAR),
        intercepts=OFFSETS,
        units=["logit", "logit", "logit", "years"],
        kinds=["binary", "binary", "binary", "continuous"],
        angular_errors=np.full(4, 3.0),
        held_out=np.full(4, 0.9),
        n_samples=20_000,
        latent_space=latent_space,
        generator="toy",
        generator_sha256="",
        regressor=regressor,
    )


def bent_latents(latent_space: str = "sphere", count: int = 6) -> np.ndarray:
    """Random latents, float64, shape (count, DIM)."""
    return draw_latents(0, count, DIM, space=latent_space, seed=3).astype(np.float64)
