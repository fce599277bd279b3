"""Frozen features: their shapes and the arithmetic of one layer."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.networks.efficientnet_lite import STAGES, TAPPED_BLOCKS, TAPPED_CHANNELS, FrozenConv
from tests.models.networks.random_backbone import build_backbone

pytestmark = pytest.mark.network
PICTURES = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3)).astype("float32")


def test_features_stand_at_four_scales():
    features = build_backbone()(PICTURES)
    assert [tuple(taps.shape) for taps in features] == [
        (2, 32 // stride, 32 // stride, channels)
        for stride, channels in zip((4, 8, 16, 32), TAPPED_CHANNELS, strict=True)
    ]


def test_tapped_channels_are_those_of_their_blocks():
    channels = [maps for *_, maps, count in STAGES for _ in range(count)]
    assert tuple(channels[block] for block in TAPPED_BLOCKS) == TAPPED_CHANNELS


@pytest.mark.parametrize("activate", [True, False])
def test_frozen_conv_of_one_pixel_is_a_matrix_product(activate):
    layer = FrozenConv((1, 1, 3, 4), activate=activate, name="conv")
    kernel, bias = np.arange(12.0).reshape(1, 1, 3, 4) - 6, np.arange(4.0)
    layer.kernel.assign(kernel)
    layer.bias.assign(bias)
    found = ops.convert_to_numpy(layer(ops.convert_to_tensor(PICTURES[:, :2, :2])))
    wanted = PICTURES[:, :2, :2] @ kernel[0, 0] + bias
    np.testing.assert_allclose(found, np.clip(wanted, 0, 6) if activate else wanted, atol=1e-4)


def test_frozen_conv_halves_odd_sizes_upwards_and_is_not_trained():
    layer = FrozenConv((3, 3, 3, 1), stride=2, depthwise=True, name="depthwise")
    assert layer(ops.convert_to_tensor(PICTURES[:, :5, :7])).shape == (2, 3, 4, 3)
    assert layer.trainable_variables == []
