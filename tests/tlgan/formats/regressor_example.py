"""A regressor with every field known: two members, two layers, a component, a group."""

from __future__ import annotations

import numpy as np

from tlgan.axes.latent_regressor import PER_ATTRIBUTE, LatentRegressor

NAMES = ("Smiling", "Âge, années", "Hat")


def make_regressor(latent_dim: int = 12) -> LatentRegressor:
    rng = np.random.default_rng(9)
    return LatentRegressor(
        names=NAMES,
        weights=(rng.standard_normal((2, latent_dim, 5)), rng.standard_normal((2, 5, 4))),
        biases=(rng.standard_normal((2, 5)), rng.standard_normal((2, 4))),
        offsets=[0.1 + 0.2, 40.0, -1e-300],
        scales=[1.5, 5e-324, 1e200],
        lowest=[-4, 10, 0],
        highest=[4, 90, 0],
        held_out=[0.8, np.nan, -0.5],
        scatter=[0.3, 0.0, 0.1],
        straight_held_out=[0.5, np.nan, 0.0],
        component_held_out=[0.25],
        groups=(("Smiling", "Mouth_Open"), ("Âge, années", "Gray_Hair")),
        generator_sha256="ab" * 32,
    )


def assert_same_regressor(left: LatentRegressor, right: LatentRegressor) -> None:
    for field in ("names", "groups", "generator_sha256"):
        assert getattr(left, field) == getattr(right, field), field
    for field in (*PER_ATTRIBUTE, "component_held_out"):
        np.testing.assert_array_equal(getattr(left, field), getattr(right, field), err_msg=field, strict=True)
    for field in ("weights", "biases"):
        for one, other in zip(getattr(left, field), getattr(right, field), strict=True):
            np.testing.assert_array_equal(one, other, err_msg=field, strict=True)
