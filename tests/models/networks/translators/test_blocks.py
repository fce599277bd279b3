from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

from models.networks.translators.blocks import AppendCondition, PixelShuffle, code_side, layer_precision
from tlgan.errors import UserError


@pytest.mark.network
def test_pixel_shuffle_lays_four_maps_beside_each_other():
    features = np.arange(2 * 2 * 3 * 8, dtype="float32").reshape(2, 2, 3, 8)
    doubled = ops.convert_to_numpy(PixelShuffle()(ops.convert_to_tensor(features)))
    assert doubled.shape == (2, 4, 6, 2)
    for down in range(2):
        for right in range(2):
            own = features[..., 2 * (2 * down + right) : 2 * (2 * down + right) + 2]
            np.testing.assert_array_equal(doubled[:, down::2, right::2], own)


@pytest.mark.network
def test_a_condition_is_appended_to_every_pixel():
    features, condition = np.zeros((2, 3, 3, 1), "float32"), np.float32([[1, 2], [3, 4]])
    found = ops.convert_to_numpy(
        AppendCondition()(ops.convert_to_tensor(features), ops.convert_to_tensor(condition))
    )
    np.testing.assert_array_equal(found[1, 2, 0], [0, 3, 4])
    assert found.shape == (2, 3, 3, 3)


@pytest.mark.network
def test_layers_compute_in_the_precision_that_they_were_built_in():
    with layer_precision("mixed_bfloat16"):
        inside = layers.Dense(3)
    assert (inside.compute_dtype, inside.variable_dtype) == ("bfloat16", "float32")
    assert keras.config.dtype_policy().name == layers.Dense(3).compute_dtype == "float32"


def test_code_has_the_side_that_is_left():
    assert code_side(64, (8, 8, 8, 8), 4) == 4


@pytest.mark.parametrize("resolution", [32, 40])
def test_widths_that_leave_no_code_are_refused(resolution):
    with pytest.raises(UserError, match=r"4 pixels per side. Got 4 widths; give fewer"):
        code_side(resolution, (8, 8, 8, 8), 4)
