"""Frozen features of an attribute network."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.loaders.feature_network import load_feature_network
from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn
from models.weights.weight_file import network_arrays, write_weights
from tests.models.networks.plain_layers import outputs, randomize_with_variances
from tlgan.errors import UserError

pytestmark = pytest.mark.network


def write_network(path, architecture="residual", resolution=16):
    config = AttributeCnnConfig(resolution, 2, architecture, widths=(4, 6), depths=(1, 2))
    network = build_attribute_cnn(config)
    randomize_with_variances(network)
    write_weights(path, "attribute_cnn", config, network_arrays(network), dtype="float32")
    return network


@pytest.mark.parametrize(("architecture", "sides"), [("residual", (8, 4)), ("plain", (8, 4))])
def test_features_of_every_stage_end_in_those_of_the_network(tmp_path, architecture, sides):
    network = write_network(tmp_path / "a.labeller.h5", architecture)
    features = load_feature_network(tmp_path / "a.labeller.h5", 16)
    images = np.random.default_rng(0).uniform(-1, 1, (3, 16, 16, 3)).astype("float32")
    found = [ops.convert_to_numpy(scale) for scale in features(images)]
    assert [scale.shape for scale in found] == [(3, sides[0], sides[0], 4), (3, sides[1], sides[1], 6)]
    last = found[-1]
    if architecture == "residual":
        last = ops.convert_to_numpy(ops.relu(network.get_layer("last_norm")(last, training=False)))
    pooled = np.maximum(last, 0).mean(axis=(1, 2))
    np.testing.assert_allclose(pooled, outputs(network, images)[1], rtol=1e-3, atol=1e-4)


def test_networks_that_give_no_such_features_are_refused(tmp_path):
    write_network(tmp_path / "a.labeller.h5")
    with pytest.raises(UserError, match=r"must read images of 32 pixels per side. Got 16"):
        load_feature_network(tmp_path / "a.labeller.h5", 32)
    config = AttributeCnnConfig(16, 1, widths=(4,), depths=(1,))
    write_weights(tmp_path / "b.labeller.h5", "discriminator", config, {"a": np.zeros(3)})
    with pytest.raises(UserError, match="must be a residual or plain attribute network"):
        load_feature_network(tmp_path / "b.labeller.h5", 16)
