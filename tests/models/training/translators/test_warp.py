from __future__ import annotations

import numpy as np
import pytest

from models.training.translators.warp import fit_similarities, sample_bilinear, warp_faces


def ramp(side=16):
    """Faces whose red is x and whose green is y, in pixels."""
    y, x = np.mgrid[:side, :side]
    return np.stack([x, y, np.zeros_like(x)], axis=-1).astype(np.uint8)[None]


def test_no_warp_leaves_faces_as_they_are():
    faces = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    warped, moved = warp_faces(faces, np.random.default_rng(1), 0.0)
    np.testing.assert_allclose(warped, faces / 255, atol=1e-5)
    np.testing.assert_allclose(moved, faces / 255, atol=1e-5)
    assert warped.dtype == moved.dtype == np.float32


def test_moved_face_is_the_similarity_nearest_to_the_warp():
    """On a ramp, colours are places: those of the moved face are a similarity, least squares to the warp's grid."""
    faces = np.repeat(ramp(33), 200, axis=0)
    warped, moved = (pictures * 255 for pictures in warp_faces(faces, np.random.default_rng(1), 0.03))
    inner = slice(6, 27)
    places = moved[:, inner, inner, 0] + 1j * moved[:, inner, inner, 1]
    step_x, step_y = np.diff(places, axis=2), np.diff(places, axis=1)
    np.testing.assert_allclose(step_x, step_x[:, :1, :1] + 0 * step_x, atol=1e-3)
    np.testing.assert_allclose(step_y[:, 0, 0], 1j * step_x[:, 0, 0], atol=1e-3)
    shifts = warped[:, inner, inner, :2] - ramp(33)[:, inner, inner, :2]
    assert 0.3 < shifts.std() < 1.1  # of normal shifts of 0.99 pixels, averaged between the points
    assert np.abs((warped - moved)[:, inner, inner, :2].mean(axis=0)).max() < 0.3


def test_similarities_are_found_exactly():
    random = np.random.default_rng(2)
    points = random.normal(size=(4, 7)) + 1j * random.normal(size=(4, 7))
    scale, offset = random.normal(size=(2, 4)) + 1j
    found = fit_similarities(points, scale[:, None] * points + offset[:, None])
    np.testing.assert_allclose(found[0], scale)
    np.testing.assert_allclose(found[1], offset)


@pytest.mark.parametrize(
    ("x", "y", "colour"), [(2.5, 3, (2.5, 3)), (2, 3.25, (2, 3.25)), (-4, 20, (0, 15)), (15, 15, (15, 15))]
)
def test_bilinear_reading(x, y, colour):
    read = sample_bilinear(ramp().astype(np.float32), np.full((1, 1, 1), x), np.full((1, 1, 1), y))
    np.testing.assert_allclose(read[0, 0, 0, :2], colour, atol=1e-5)
