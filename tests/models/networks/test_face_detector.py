"""The detector against the same layers in NumPy, on a toy of it."""

from __future__ import annotations

import numpy as np
import pytest

from models.networks.face_detector import FaceDetectorConfig, build_face_detector
from tests.models.networks.plain_layers import convolve, outputs, pool, randomize, separate

pytestmark = pytest.mark.network


def plain(pixels, weights):
    maps = convolve(pixels, weights, "conv0", padding="valid")
    for number in range(1, 6):
        maps = pool(np.where(maps > 0, maps, 0.1 * maps), 2, 2, "same")
        maps = separate(maps, weights, f"conv{number}")
    maps = pool(np.where(maps > 0, maps, 0.1 * maps), 2, 1, "same")
    boxes = convolve(maps, weights, "conv8")
    return boxes.reshape(len(boxes), -1, 5)[..., 4].max(axis=1, keepdims=True)


@pytest.mark.parametrize("size", [64, 96])
def test_detector_gives_the_logit_of_its_likeliest_box(size):
    network = build_face_detector(FaceDetectorConfig(size, (2, 3, 4, 5, 6, 7)))
    weights = randomize(network)
    pixels = np.random.default_rng(1).uniform(-0.5, 0.5, (3, size, size, 3)).astype("float32")
    wanted = plain(pixels, weights)
    assert wanted.std() > 0.001
    np.testing.assert_allclose(outputs(network, pixels)[0], wanted, rtol=1e-3, atol=1e-4)
