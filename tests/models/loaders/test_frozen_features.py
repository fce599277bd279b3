"""Feature maps of an attribute network."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.loaders.frozen_features import load_frozen_features
from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn
from models.weights.weight_file import network_arrays, write_weights
from tests.models.inversion.toys import write_toy_generator
from tests.models.networks.plain_layers import outputs
from tlgan.errors import UserError

pytestmark = pytest.mark.network


@pytest.fixture(params=["residual", "plain"])
def labeller(tmp_path, request):
    config = AttributeCnnConfig(16, 3, request.param, widths=(4, 6), depths=(1, 2))
    network = build_attribute_cnn(config)
    path = tmp_path / "toy.labeller.h5"
    write_weights(path, "attribute_cnn", config, network_arrays(network), dtype="float32")
    return path, network


def test_features_are_a_map_of_each_size_and_the_description(labeller):
    path, network = labeller
    features = load_frozen_features(path)
    images = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3)).astype("float32")
    described = [ops.convert_to_numpy(part) for part in features.describe(ops.convert_to_tensor(images))]
    assert [part.shape for part in described] == [(2, 8, 8, 4), (2, 4, 4, 6), (2, 6)]
    np.testing.assert_allclose(described[-1], outputs(network, images)[1], rtol=1e-4, atol=1e-5)
    assert (features.resolution, len(features.sha256)) == (16, 64)


@pytest.mark.parametrize("side", [8, 32])
def test_pictures_of_another_size_are_resized(labeller, side):
    features = load_frozen_features(labeller[0])
    flat = ops.full((1, side, side, 3), 0.5)
    wanted = features.describe(ops.full((1, 16, 16, 3), 0.5))
    for one, other in zip(features.describe(flat), wanted, strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(one), ops.convert_to_numpy(other), atol=1e-4)


def test_another_network_is_refused(tmp_path):
    write_toy_generator(tmp_path / "toy.generator.h5")
    with pytest.raises(UserError, match=r"must be an attribute network.*Got a generator"):
        load_frozen_features(tmp_path / "toy.generator.h5")
