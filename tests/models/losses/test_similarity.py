"""Structural dissimilarity beside the measure of the same name, and of pictures that are equal or opposite."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.losses.similarity import structural_dissimilarity
from tlgan.evaluation.image_quality import structural_similarity

pytestmark = pytest.mark.network


def grey_pictures(count, seed):
    grey = np.random.default_rng(seed).integers(0, 256, (count, 16, 20, 1)).astype(np.uint8)
    return np.repeat(grey, 3, axis=3)


def as_tensor(pictures):
    return ops.convert_to_tensor(pictures.astype("float32") / 255)


def test_loss_of_grey_pictures_is_that_of_the_measure():
    first, second = grey_pictures(4, 0), grey_pictures(4, 1)
    second[2:] = first[2:] // 2 + 60
    expected = (1 - structural_similarity(first, second).mean()) / 2
    assert float(structural_dissimilarity(as_tensor(first), as_tensor(second))) == pytest.approx(
        expected, abs=1e-4
    )


def test_loss_of_equal_pictures_is_zero_and_of_opposite_ones_nearly_one():
    first = grey_pictures(2, 2)
    assert float(structural_dissimilarity(as_tensor(first), as_tensor(first))) == pytest.approx(0, abs=1e-5)
    assert float(structural_dissimilarity(as_tensor(first), as_tensor(255 - first))) > 0.9
