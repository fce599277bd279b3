"""A linear example: images are the latents themselves and the judge is a matrix, so every figure is known."""

from __future__ import annotations

import numpy as np

from tlgan.axes.axes import Axes
from tlgan.editing.edit_methods import build_edit
from tlgan.evaluation.rescoring import Rescoring, changes_in_deviations

STEPS = (-2.0, -1.0, 1.0, 2.0)
NAMES = ("Male", "Beard", "Makeup", "Age")


def planted(space: str = "normal") -> Axes:
    """Four axes with cosines 0.6 (Male, Beard), -0.5 (Male, Makeup), and known slopes."""
    gram = np.eye(4)
    gram[0, 1] = gram[1, 0] = 0.6
    gram[0, 2] = gram[2, 0] = -0.5
    gram[1, 2] = gram[2, 1] = -0.3
    basis, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((32, 4)))
    directions = np.linalg.cholesky(gram) @ basis.T
    return Axes(
        names=NAMES,
        directions=directions,
        raw_directions=directions,
        slopes=np.array([4.0, 3.0, 2.0, 15.0]),
        intercepts=np.array([0.0, -2.0, 1.0, 40.0]),
        units=("logit", "logit", "logit", "years"),
        kinds=("binary", "binary", "binary", "continuous"),
        angular_errors=np.zeros(4),
        held_out=np.ones(4),
        n_samples=100,
        latent_space=space,
        generator="toy",
        generator_sha256="",
    )


def rescore(axes: Axes, edit: str, judge: np.ndarray, count: int = 40) -> Rescoring:
    """Move, "draw" and judge by the matrix `judge`, shape (K, D)."""
    latents = np.random.default_rng(1).standard_normal((count, axes.latent_dim))
    latents *= np.sqrt(axes.latent_dim) / np.linalg.norm(latents, axis=1, keepdims=True)
    move = build_edit(axes, edit)
    moved = np.stack(
        [np.stack([move(latents, row, step) for step in STEPS], axis=1) for row in range(len(axes))], axis=1
    )
    deviations = np.linalg.norm(judge, axis=1)
    changes = changes_in_deviations(moved @ judge.T, latents @ judge.T, deviations)
    return Rescoring(axes.names, axes.names, np.array(STEPS), changes)


def truth(axes: Axes) -> np.ndarray:
    """The judge that reads the predictors of the axes."""
    return np.asarray(axes.slopes[:, None] * axes.raw_directions)
