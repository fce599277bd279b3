"""Five correlated axes of realistic scale, for the tests of edits."""

from __future__ import annotations

import dataclasses

import numpy as np

from tlgan.axes.axes import Axes
from tlgan.axes.unit_vectors import unit_rows

NAMES = ["Smiling", "Male", "Young", "Age", "Hat"]


def make_axes(latent_space: str = "sphere", latent_dim: int = 512) -> Axes:
    """Correlated axes of realistic scale: about 0.15 logits per unit of z."""
    rng = np.random.default_rng(11)
    rows = rng.normal(size=(5, latent_dim)) + 0.7 * rng.normal(size=latent_dim)
    rows *= 0.15 / np.linalg.norm(rows, axis=1)[:, None]
    rows[3] *= 30
    return Axes(
        names=NAMES,
        directions=unit_rows(rows),
        raw_directions=unit_rows(rows),
        slopes=np.linalg.norm(rows, axis=1),
        intercepts=[-0.5, 0.3, 1.0, 38.0, -2.0],
        units=["logit", "logit", "logit", "years", "logit"],
        kinds=["binary", "binary", "binary", "continuous", "categorical"],
        angular_errors=np.full(5, 3.0),
        held_out=np.full(5, 0.9),
        n_samples=20_000,
        latent_space=latent_space,
        generator="toy",
        generator_sha256="",
    )


def collinear(axes: Axes) -> Axes:
    """The same axes with the last against the first."""
    rows = axes.raw_directions.copy()
    rows[4] = -rows[0]
    return dataclasses.replace(axes, directions=rows, raw_directions=rows)
