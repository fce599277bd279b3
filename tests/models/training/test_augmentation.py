"""Mirrored, shifted and blanked images."""

from __future__ import annotations

import numpy as np

from models.training.augmentation import augment
from tests.models.training.test_classifier import planted_faces


def test_augment_without_options_mirrors_and_scales_alone():
    faces, _ = planted_faces(40)
    drawn = augment(faces, np.random.default_rng(0))
    plain = faces / 127.5 - 1
    unchanged = [np.allclose(one, other, atol=1e-6) for one, other in zip(drawn, plain, strict=True)]
    turned = [np.allclose(one, other[:, ::-1], atol=1e-6) for one, other in zip(drawn, plain, strict=True)]
    assert all(a or b for a, b in zip(unchanged, turned, strict=True))
    assert 8 < sum(unchanged) < 32
    np.testing.assert_allclose(augment(faces, np.random.default_rng(0), mirror=False), plain, atol=1e-6)


def test_augment_shifts_by_whole_pixels_within_its_limit():
    faces, _ = planted_faces(60)
    shifted = augment(faces, np.random.default_rng(1), shift=2, mirror=False)
    padded = np.pad(faces / 127.5 - 1, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="edge")
    places = set()
    for face, wide in zip(shifted, padded, strict=True):
        fits = [
            (down, right)
            for down in range(5)
            for right in range(5)
            if np.allclose(face, wide[down : down + 8, right : right + 8], atol=1e-6)
        ]
        assert fits
        places.add(fits[0])
    assert len(places) > 12


def test_augment_blanks_a_square_and_limits_contrast():
    faces = np.full((30, 8, 8, 3), 200, "uint8")
    drawn = augment(faces, np.random.default_rng(2), jitter=0.1, erase=0.25)
    assert ((drawn == 0).sum(axis=(1, 2, 3)) == 2 * 2 * 3).all()
    bright = drawn.max(axis=(1, 2, 3))
    level = 200 / 127.5 - 1
    assert bright.min() >= level * 0.9 - 0.1 - 1e-6
    assert bright.max() <= level * 1.1 + 0.1 + 1e-6
    assert bright.std() > 0.02


def test_augment_depends_on_its_random_numbers_alone():
    faces, _ = planted_faces(9)
    one, same, other = (
        augment(faces, np.random.default_rng(seed), shift=1, jitter=0.15, erase=0.25) for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.1
