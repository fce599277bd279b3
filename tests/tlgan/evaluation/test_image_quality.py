"""Signal-to-noise ratio and structural similarity, on pictures where they are known."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.evaluation.image_quality import signal_to_noise, structural_similarity

PICTURES = np.random.default_rng(0).integers(0, 200, (3, 24, 20, 3)).astype("uint8")


def test_equal_pictures():
    assert np.isinf(signal_to_noise(PICTURES, PICTURES)).all()
    np.testing.assert_allclose(structural_similarity(PICTURES, PICTURES), 1)


def test_signal_to_noise_of_a_known_error():
    changed = PICTURES.copy()
    changed[1] += 10  # everywhere
    changed[2, ..., 0] += 30  # one colour of three: mean squared error 300
    ratios = signal_to_noise(PICTURES, changed)
    np.testing.assert_allclose(ratios[1:], [20 * np.log10(25.5), 10 * np.log10(255**2 / 300)])


def test_structural_similarity_of_flat_pictures():
    """Without any structure the luminance term alone is left."""
    first, second = np.full((1, 16, 16, 3), 100, "uint8"), np.full((1, 16, 16, 3), 150, "uint8")
    c1 = 2.55**2
    wanted = (2 * 100 * 150 + c1) / (100**2 + 150**2 + c1)
    np.testing.assert_allclose(structural_similarity(first, second), wanted, rtol=1e-6)


def test_structural_similarity_of_unrelated_noise_is_small():
    assert (np.abs(structural_similarity(PICTURES[:2], PICTURES[1:])) < 0.25).all()


@pytest.mark.parametrize("other", [PICTURES[:2], PICTURES[..., :1], PICTURES[0]])
def test_pictures_of_other_shapes_are_refused(other):
    with pytest.raises(UserError, match="must have one shape"):
        signal_to_noise(PICTURES, other)


def test_pictures_smaller_than_a_window_are_refused():
    with pytest.raises(UserError, match="at least 11 pixels"):
        structural_similarity(PICTURES[:, :8, :8], PICTURES[:, :8, :8])
