"""Frozen features, their random mixing, and heads with spectral norm."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.networks.projected_discriminator import (
    ProjectedConfig,
    ProjectedDiscriminator,
    SpectralConv,
    standardize,
)
from models.weights.weight_file import network_arrays, network_variables
from tests.models.networks.random_backbone import build_backbone
from tlgan.errors import UserError

pytestmark = pytest.mark.network
RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.uniform(-1, 1, (8, 32, 32, 3)).astype("float32")


@pytest.fixture(scope="module")
def backbone():
    return build_backbone()


@pytest.fixture(scope="module")
def discriminator(backbone):
    config = ProjectedConfig(32, mixed_maps=(8, 8, 8, 8), head_maps=8, seed=3)
    return ProjectedDiscriminator(config, backbone, name="projected")


def test_each_head_scores_each_picture_at_any_size(discriminator):
    for pictures in (PICTURES, PICTURES[:, ::2, ::2]):
        scores = ops.convert_to_numpy(discriminator(pictures))
        assert scores.shape == (8, 4)
        assert np.isfinite(scores).all()


def test_only_heads_are_trained_and_the_frozen_network_is_not_saved(discriminator):
    assert {name.split("_")[0].rstrip("0123456789") for name in network_variables(discriminator)} == {
        "channel",
        "scale",
        "head",
    }
    trained = {variable.path.split("/")[-2] for variable in discriminator.trainable_variables}
    assert all(name.startswith("head") for name in trained)


def test_mixing_is_the_same_for_a_seed_and_keeps_the_variance(backbone, discriminator):
    config = ProjectedConfig(32, mixed_maps=(8, 8, 8, 8), head_maps=8, seed=3)
    again = network_arrays(ProjectedDiscriminator(config, backbone, name="again"))
    for name, values in network_arrays(discriminator).items():
        if "mixing" in name:
            np.testing.assert_array_equal(values, again[name])
            assert values.std() == pytest.approx(1 / np.sqrt(np.prod(values.shape[:-1])), rel=0.3)


def test_heads_see_how_alike_a_batch_is(discriminator):
    alike = np.repeat(PICTURES[:1], 8, axis=0)
    jittered = alike + 0.01 * RANDOM.standard_normal(alike.shape).astype("float32")
    first = ops.convert_to_numpy(discriminator(PICTURES))[0]
    second = ops.convert_to_numpy(discriminator(np.concatenate([PICTURES[:1], jittered[1:]])))[0]
    assert np.abs(first - second).max() > 1e-3


def test_spectral_norm_divides_by_the_largest_singular_value():
    layer = SpectralConv(6, 10, 3, name="spectral")
    features = ops.convert_to_tensor(RANDOM.standard_normal((2, 5, 5, 6)).astype("float32"))
    for _ in range(300):
        layer(features[:, :3, :3], training=True)
    kernel = ops.convert_to_numpy(layer.kernel)
    largest = np.linalg.svd(kernel.reshape(-1, 10), compute_uv=False)[0]
    wanted = ops.convert_to_numpy(
        ops.conv(
            features, ops.convert_to_tensor(kernel / largest), padding="same", data_format="channels_last"
        )
    )
    np.testing.assert_allclose(ops.convert_to_numpy(layer(features)), wanted, rtol=1e-3, atol=1e-4)


def test_standardize_gives_mean_0_and_deviation_1_by_channel():
    features = RANDOM.normal(5, 3, (4, 6, 6, 2)).astype("float32") * [1, 10]
    got = ops.convert_to_numpy(standardize(ops.convert_to_tensor(features.astype("float32"))))
    np.testing.assert_allclose(got.mean(axis=(0, 1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(got.std(axis=(0, 1, 2)), 1, rtol=1e-3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"resolution": 48}, "must be a multiple of 32. Got 48"),
        ({"mixed_maps": (8, 8)}, "must have 4 entries. Got 2"),
    ],
)
def test_impossible_shapes_are_one_line_errors(options, words):
    with pytest.raises(UserError, match=words):
        ProjectedConfig(**options)
