"""A wider generator draws what the narrow one draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from keras import ops

from models.networks.progressive_gan import GanConfig, ProgressiveGenerator
from models.networks.widening import grows_into, widen_generator
from models.weights.weight_file import assign_present, assign_weights, network_arrays, network_variables
from tlgan.errors import UserError

pytestmark = pytest.mark.network
NARROW = GanConfig(16, 5, (6, 4, 3))
LATENTS = np.random.default_rng(0).standard_normal((4, 5)).astype("float32")


@pytest.fixture(scope="module")
def narrow():
    network = ProgressiveGenerator(NARROW, name="narrow")
    random = np.random.default_rng(1)
    for variable in network.trainable_variables:  # biases too
        variable.assign(random.standard_normal(variable.shape).astype("float32"))
    return network


def pictures(network, **options):
    return ops.convert_to_numpy(network(ops.convert_to_tensor(LATENTS), **options))


@pytest.mark.parametrize("maps", [(6, 4, 3), (12, 8, 6), (12, 4, 9)])
def test_the_wide_network_draws_the_same_pictures(narrow, maps):
    config = replace(NARROW, maps=maps)
    wide = ProgressiveGenerator(config, name="wide")
    assign_weights(wide, widen_generator(network_arrays(narrow), NARROW, config), "widened")
    np.testing.assert_allclose(pictures(wide), pictures(narrow), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(
        pictures(wide, resolution=8, fade=np.float32(0.3)),
        pictures(narrow, resolution=8, fade=np.float32(0.3)),
        rtol=1e-3,
        atol=1e-4,
    )


def test_noise_separates_copied_maps(narrow):
    config = replace(NARROW, maps=(12, 8, 6))
    plain = widen_generator(network_arrays(narrow), NARROW, config)["conv4/kernel"]
    noisy = widen_generator(network_arrays(narrow), NARROW, config, noise=0.1)["conv4/kernel"]
    np.testing.assert_array_equal(plain[..., 0], plain[..., 1])
    assert np.abs(noisy[..., 0] - noisy[..., 1]).min() > 0
    assert (noisy - plain).std() / plain.std() == pytest.approx(0.1, rel=0.1)


def test_a_higher_resolution_keeps_the_layers_below(narrow):
    config = GanConfig(32, 5, (6, 4, 3, 2))
    arrays = widen_generator(network_arrays(narrow), NARROW, config)
    high = ProgressiveGenerator(config, name="high")
    missing = set(network_variables(high)) - set(arrays)
    assert missing == {
        f"{layer}/{kind}" for layer in ("conv32_up", "conv32", "to_rgb32") for kind in ("kernel", "bias")
    }
    assign_present(high, arrays)
    np.testing.assert_allclose(pictures(high, resolution=16), pictures(narrow), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("config", "grows"),
    [
        (NARROW, True),
        (GanConfig(32, 5, (6, 4, 3, 2)), True),
        (GanConfig(8, 5, (6, 4)), False),
        (replace(NARROW, maps=(12, 8, 6)), False),
        (replace(NARROW, leak=0.1), False),
    ],
)
def test_a_network_grows_into_those_that_have_its_layers(config, grows):
    assert grows_into(NARROW, config) is grows


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            replace(NARROW, latent_dim=6),
            r"`latent_dim` must be that of the weights to start from \(5\)\. Got 6",
        ),
        (replace(NARROW, channels=1), r"`channels` must be that of the weights to start from \(3\)\. Got 1"),
        (
            replace(NARROW, maps=(12, 6, 3)),
            r"`maps` must be whole multiples .*\[6, 4, 3\].* Got \[12, 6, 3\]",
        ),
        (GanConfig(8, 5, (6, 4)), r"`resolution` must be at least .*\(16\)\. Got 8"),
    ],
)
def test_networks_that_do_not_fit_are_one_line_errors(narrow, config, words):
    with pytest.raises(UserError, match=words):
        widen_generator(network_arrays(narrow), NARROW, config)
