"""Augmentation that gradients pass through, against the same changes in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.inference.backend import input_gradients
from models.training.gan.differentiable_augmentation import NUMBERS, augment_differentiably

pytestmark = pytest.mark.network
RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.uniform(-1, 1, (16, 16, 16, 3)).astype("float32")
# Brightness, saturation and contrast as they are; no shift; a square with its centre in the first corner.
NEUTRAL = np.array([0.5, 0.5, 0.5, 0.5, 0.5, 0.0, 0.0], "float32")


def augmented(**changed):
    numbers = np.tile(NEUTRAL, (16, 1))
    for column, values in changed.items():
        numbers[:, int(column[1:])] = values
    pictures = augment_differentiably(ops.convert_to_tensor(PICTURES), ops.convert_to_tensor(numbers))
    return ops.convert_to_numpy(pictures)


def test_neutral_numbers_blank_a_corner_and_change_nothing_else():
    got = augmented()
    assert (got[:, :4, :4] == 0).all()
    np.testing.assert_allclose(got[:, 4:], PICTURES[:, 4:], atol=1e-5)


def test_pictures_move_by_up_to_an_eighth():
    got = augmented(_3=0.999, _4=0.0)  # two rows down the picture, two columns back
    np.testing.assert_allclose(got[:, 4:14, 6:], PICTURES[:, 6:16, 4:14], atol=1e-5)
    assert (got[:, 14:] == 0).all()


@pytest.mark.parametrize(
    ("column", "value", "change"),
    [
        ("_0", 0.9, lambda x: x + 0.4),
        ("_1", 0.0, lambda x: np.repeat(x.mean(axis=3, keepdims=True), 3, axis=3)),
        ("_2", 0.0, lambda x: (x + x.mean(axis=(1, 2, 3), keepdims=True)) / 2),
    ],
)
def test_colours_change_as_published(column, value, change):
    np.testing.assert_allclose(augmented(**{column: value})[:, 4:], change(PICTURES)[:, 4:], atol=1e-5)


def test_random_numbers_move_blank_and_colour_every_picture():
    numbers = RANDOM.random((16, NUMBERS)).astype("float32")
    got = ops.convert_to_numpy(
        augment_differentiably(ops.convert_to_tensor(PICTURES), ops.convert_to_tensor(numbers))
    )
    blanked = (got == 0).all(axis=3).mean(axis=(1, 2))
    assert (blanked > 0.04).all()
    assert (blanked < 0.5).all()


def test_gradients_pass_where_nothing_is_blanked():
    numbers = ops.convert_to_tensor(np.tile(NEUTRAL, (16, 1)))
    slopes = ops.convert_to_numpy(
        input_gradients(
            lambda images: ops.sum(augment_differentiably(images, numbers), axis=(1, 2, 3)),
            ops.convert_to_tensor(PICTURES),
        )
    )
    assert (slopes[:, :4, :4] == 0).all()
    np.testing.assert_allclose(slopes[:, 4:], 1, atol=1e-4)
