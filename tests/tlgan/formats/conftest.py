"""Axes with an unknown in every field that may have one, and names that need escaping."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.axes.axes import Axes
from tlgan.axes.unit_vectors import unit_rows


@pytest.fixture
def axes() -> Axes:
    rng = np.random.default_rng(8)
    return Axes(
        names=["Smiling", "Âge, années", '"5_o_Clock" Shadow'],
        directions=unit_rows(rng.normal(size=(3, 12))),
        raw_directions=unit_rows(rng.normal(size=(3, 12))),
        slopes=[0.1 + 0.2, 5e-324, np.nan],
        intercepts=[-1.5, np.nan, 1.7976931348623157e308],
        units=["logit", "years", ""],
        kinds=["binary", "continuous", "categorical"],
        angular_errors=[2.5, np.nan, 0.0],
        held_out=[0.9, -0.25, np.nan],
        n_samples=[2**53 + 1, 0, 17],
        latent_space="normal",
        generator="toy, 16",
        generator_sha256="ab" * 32,
        method="project",
        base=["Âge, années", "Male"],
    )
