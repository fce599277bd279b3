"""Age, gender and expression against the same layers in NumPy, on toys of both networks."""

from __future__ import annotations

import numpy as np
import pytest

from models.networks.face_attributes import (
    EXPRESSIONS,
    AgeGenderConfig,
    ExpressionConfig,
    build_age_gender,
    build_expression,
)
from tests.models.networks.plain_layers import convolve, outputs, pool, randomize, relu, separate

pytestmark = pytest.mark.network
PIXELS = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 48, 48, 3)).astype("float32")


def dense(features, weights, name):
    return features @ weights[f"{name}/kernel"] + weights[f"{name}/bias"]


def plain_age_gender(pixels, weights):
    def reduce(maps, name, active=True):
        branch = separate(relu(maps) if active else maps, weights, f"{name}.separable_conv0")
        branch = separate(relu(branch), weights, f"{name}.separable_conv1")
        return pool(branch, 3, 2, "same") + convolve(maps, weights, f"{name}.expansion_conv", 2)

    maps = relu(convolve(pixels, weights, "entry_flow.conv_in", 2))
    maps = reduce(maps, "entry_flow.reduction_block_0", active=False)
    maps = reduce(maps, "entry_flow.reduction_block_1")
    for block in ("middle_flow.main_block_0", "middle_flow.main_block_1"):
        first = separate(relu(maps), weights, f"{block}.separable_conv0")
        second = separate(relu(first), weights, f"{block}.separable_conv1")
        maps = maps + separate(relu(second), weights, f"{block}.separable_conv2")
    maps = reduce(maps, "exit_flow.reduction_block")
    features = relu(separate(maps, weights, "exit_flow.separable_conv")).mean(axis=(1, 2))
    return [dense(features, weights, "fc.age"), dense(features, weights, "fc.gender"), features]


def plain_expression(pixels, weights):
    maps = pixels
    for block in ("dense0", "dense1", "dense2"):
        start = convolve if block == "dense0" else separate
        first = relu(start(maps, weights, f"{block}.conv0", 2))
        second = separate(first, weights, f"{block}.conv1")
        third = separate(relu(first + second), weights, f"{block}.conv2")
        fourth = separate(relu(first + second + third), weights, f"{block}.conv3")
        maps = relu(first + second + third + fourth)
    features = maps.mean(axis=(1, 2))
    return [dense(features, weights, "fc"), features]


@pytest.mark.parametrize(
    ("build", "config", "plain", "names"),
    [
        (
            build_age_gender,
            AgeGenderConfig(48, (2, 3, 4, 5, 6)),
            plain_age_gender,
            ["fc.age", "fc.gender", "features"],
        ),
        (build_expression, ExpressionConfig(48, (2, 3, 4)), plain_expression, ["fc", "features"]),
    ],
)
def test_network_does_what_its_layers_do_in_numpy(build, config, plain, names):
    network = build(config)
    weights = randomize(network)
    assert network.output_names == names
    for found, wanted in zip(outputs(network, PIXELS), plain(PIXELS, weights), strict=True):
        assert wanted.std() > 0.001
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4)


def test_published_sizes():
    age_gender, expression = build_age_gender(AgeGenderConfig()), build_expression(ExpressionConfig())
    assert age_gender.output_shape == [(None, 1), (None, 2), (None, 512)]
    assert expression.output_shape == [(None, len(EXPRESSIONS)), (None, 256)]
