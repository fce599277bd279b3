"""Images shrink by the mean of the covered area, rounded where they are bytes."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.images import principal_components, shrink_by_area


@pytest.mark.parametrize("resolution", [1, 4, 8])
def test_shrink_by_area_takes_rounded_means_of_bytes(resolution):
    images = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    side = 16 // resolution
    result = shrink_by_area(images, resolution)
    assert result.dtype == np.uint8
    for row in range(resolution):
        for column in range(resolution):
            block = images[:, row * side : (row + 1) * side, column * side : (column + 1) * side]
            expected = np.floor(block.astype(float).mean(axis=(1, 2)) + 0.5)
            np.testing.assert_array_equal(result[:, row, column], expected)


def test_shrink_by_area_rounds_halves_up():
    images = np.array([0, 1, 1, 0, 2, 3, 3, 2], np.uint8).reshape(2, 2, 2, 1)
    assert shrink_by_area(images, 1).ravel().tolist() == [1, 3]


def test_shrink_by_area_keeps_floats_as_means():
    images = np.random.default_rng(1).random((2, 8, 8, 3), dtype=np.float32)
    result = shrink_by_area(images, 4)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, images.reshape(2, 4, 2, 4, 2, 3).mean(axis=(2, 4)))


def test_shrink_by_area_to_the_same_size_changes_nothing():
    images = np.zeros((2, 8, 8, 3), np.uint8)
    assert shrink_by_area(images, 8) is images


@pytest.mark.parametrize("resolution", [0, 3, 16, -2])
def test_shrink_by_area_refuses_what_does_not_divide(resolution):
    with pytest.raises(UserError, match=r"^`resolution` must divide that of the images \(8\)\. Got "):
        shrink_by_area(np.zeros((1, 8, 8, 3), np.uint8), resolution)


def test_components_find_the_planted_directions_largest_first():
    random = np.random.default_rng(0)
    strengths = random.standard_normal((400, 2)) * [40, 10]
    patterns = np.zeros((2, 8, 8, 3))
    patterns[0, :4], patterns[0, 4:] = 1, -1
    patterns[1, :, :4], patterns[1, :, 4:] = 1, -1
    images = np.clip(128 + np.tensordot(strengths, patterns, 1), 0, 255).astype(np.uint8)
    found = principal_components(images, 2)
    assert found.std(axis=0) == pytest.approx([1, 1], abs=1e-3)
    for component in range(2):
        assert abs(np.corrcoef(found[:, component], strengths[:, component])[0, 1]) > 0.99


def test_components_of_large_images_are_found_in_small_ones():
    images = np.random.default_rng(1).integers(0, 256, (50, 64, 64, 3), dtype=np.uint8)
    whole, small = principal_components(images, 3), principal_components(shrink_by_area(images, 16), 3)
    assert np.abs(whole) == pytest.approx(np.abs(small), abs=1e-3)


def test_images_that_are_all_alike_have_no_component():
    assert principal_components(np.full((5, 4, 4, 3), 7, np.uint8), 3).shape == (5, 0)
