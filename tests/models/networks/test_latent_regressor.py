"""The ensemble of perceptrons in Keras gives what the NumPy evaluation of its arrays gives."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.networks.latent_regressor import build_latent_regressor, layer_arrays
from tlgan.axes.latent_regressor import LatentRegressor

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def network():
    return build_latent_regressor(6, 3, members=2, widths=(16, 8), dropout=0.5)


def test_layer_arrays_have_one_pair_for_each_layer(network):
    shapes = [(weights.shape, biases.shape) for weights, biases in layer_arrays(network)]
    assert shapes == [((2, 6, 16), (2, 16)), ((2, 16, 8), (2, 8)), ((2, 8, 3), (2, 3))]


def test_members_differ_and_numpy_gives_their_mean(network):
    latents = np.random.default_rng(0).standard_normal((5, 6)).astype("float32")
    members = ops.convert_to_numpy(network(ops.convert_to_tensor(latents), training=False))
    assert np.abs(members[0] - members[1]).max() > 0.01
    zeros, ones = np.zeros(3), np.ones(3)
    layers = layer_arrays(network)
    regressor = LatentRegressor(
        names=("a", "b", "c"),
        weights=tuple(weights for weights, _ in layers),
        biases=tuple(biases for _, biases in layers),
        offsets=zeros,
        scales=ones,
        lowest=zeros,
        highest=ones,
        held_out=ones,
        scatter=zeros,
    )
    assert regressor(latents) == pytest.approx(members.mean(axis=0), abs=2e-6)
