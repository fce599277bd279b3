"""The recogniser against the same layers in NumPy, on a toy of it."""

from __future__ import annotations

import numpy as np
import pytest

from models.networks.face_recogniser import FaceRecogniserConfig, build_face_recogniser
from tests.models.networks.plain_layers import convolve, outputs, pool, randomize, relu

pytestmark = pytest.mark.network
TOY = FaceRecogniserConfig(widths=(2, 3, 4, 5), features=6)
BLOCKS = ["conv2_1", "conv2_2", "conv2_3", "conv3_down", "conv3_1", "conv3_2", "conv3_3"]
BLOCKS += ["conv4_down", "conv4_1", "conv4_2", "conv5_down", "conv5_1", "conv5_2", "conv5_down_out"]


def plain(pixels, weights):
    maps = pool(relu(convolve(pixels, weights, "conv2_down", 2, "valid")), 3, 2, "valid")
    for name in BLOCKS:
        down = "_down" in name
        branch = relu(convolve(maps, weights, f"{name}.conv1", *((2, "valid") if down else (1, "same"))))
        branch = convolve(branch, weights, f"{name}.conv2")
        if down:  # both branches grow to the larger picture and the greater number of maps
            pooled = pool(maps, 2, 2, "valid", np.mean)
            maps = np.zeros((*pooled.shape[:3], branch.shape[3]))
            maps[..., : pooled.shape[3]] = pooled
            maps[:, : branch.shape[1], : branch.shape[2]] += branch
        else:
            maps = maps + branch
        maps = relu(maps)
    return maps.mean(axis=(1, 2)) @ weights["fc/kernel"]


def test_recogniser_does_what_its_layers_do_in_numpy():
    network = build_face_recogniser(TOY)
    weights = randomize(network)
    pixels = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 150, 150, 3)).astype("float32")
    wanted = plain(pixels, weights)
    assert wanted.std() > 0.01
    np.testing.assert_allclose(outputs(network, pixels)[0], wanted, rtol=1e-3, atol=1e-4)


def test_the_published_size_has_128_features_and_five_million_numbers():
    network = build_face_recogniser(FaceRecogniserConfig())
    assert network.output_shape == (None, 128)
    assert network.count_params() == 5_607_488
