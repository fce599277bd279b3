"""Distances between photographs and drawn pictures, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.losses.inversion import feature_distances, pixel_distances, prior_distances

pytestmark = pytest.mark.network
RANDOM = np.random.default_rng(0)


def test_pixel_distances_are_means_over_the_picture_and_its_halves():
    images, targets = RANDOM.standard_normal((2, 3, 8, 8, 3)).astype("float32")
    wanted, difference = [], images - targets
    for size in (8, 4, 2):
        factor = 8 // size
        blocks = difference.reshape(3, size, factor, size, factor, 3).mean(axis=(2, 4))
        wanted.append((blocks**2).mean(axis=(1, 2, 3)))
    wanted.append(wanted[-1])  # two pixels are not halved again
    found = ops.convert_to_numpy(pixel_distances(*map(ops.convert_to_tensor, (images, targets))))
    np.testing.assert_allclose(found, np.mean(wanted, axis=0), rtol=1e-5)


def test_a_shifted_picture_is_nearer_than_another():
    image = np.zeros((1, 16, 16, 3), "float32")
    image[:, 4:8, 4:8] = 1
    other = np.zeros_like(image)
    other[:, 10:14, 10:14] = 1
    shifted, far = (
        float(pixel_distances(ops.convert_to_tensor(image), ops.convert_to_tensor(rows))[0])
        for rows in (np.roll(image, 1, axis=1), other)
    )
    assert 0 < shifted < far


def test_feature_distances_count_directions_alone():
    maps, vector = RANDOM.standard_normal((2, 4, 4, 5)), RANDOM.standard_normal((2, 6))
    first = [ops.convert_to_tensor(part.astype("float32")) for part in (maps, vector)]
    longer = [3 * part for part in first]
    np.testing.assert_allclose(ops.convert_to_numpy(feature_distances(first, longer)), 0, atol=1e-5)
    opposite = [-part for part in first]
    np.testing.assert_allclose(ops.convert_to_numpy(feature_distances(first, opposite)), 8, rtol=1e-4)


@pytest.mark.parametrize(("space", "wanted"), [("sphere", 0), ("uniform", 0), ("normal", 2)])
def test_prior_tells_long_normal_latents_alone(space, wanted):
    found = ops.convert_to_numpy(
        prior_distances(ops.convert_to_tensor(np.full((3, 4), 2.0, "float32")), space)
    )
    np.testing.assert_allclose(found, np.full(3, wanted))
