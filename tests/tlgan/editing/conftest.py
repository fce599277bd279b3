"""Axes and latents of the tests of edits."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tlgan.editing.five_axes import make_axes
from tlgan.axes.axes import Axes
from tlgan.latents.sampling import draw_latents


@pytest.fixture
def axes() -> Axes:
    return make_axes()


@pytest.fixture
def latents() -> np.ndarray:
    return draw_latents(0, 8, 512)
