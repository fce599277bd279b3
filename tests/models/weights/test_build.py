"""Networks are built once it is known that a file has a number for each of their variables."""

from __future__ import annotations

import resource

import numpy as np
import pytest

from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn
from models.networks.progressive_gan import GanConfig, ProgressiveDiscriminator, ProgressiveGenerator
from models.weights.build import build_network, check_activations, read_config, variable_shapes
from models.weights.weight_file import network_arrays
from tlgan.errors import UserError

pytestmark = pytest.mark.network

SMALL = GanConfig(8, 4, (3, 2))
BUILDERS = {
    "generator": lambda: ProgressiveGenerator(SMALL, name="generator"),
    "discriminator": lambda: ProgressiveDiscriminator(SMALL, name="discriminator"),
    "residual": lambda: build_attribute_cnn(AttributeCnnConfig(8, 2, widths=(4, 6), depths=(1, 2))),
    "plain": lambda: build_attribute_cnn(
        AttributeCnnConfig(8, 2, "plain", widths=(4, 6), depths=(1, 1), dropout=0.5)
    ),
}


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_variable_shapes_are_those_of_the_built_network(build):
    arrays = network_arrays(build())
    assert variable_shapes(build) == {name: values.shape for name, values in arrays.items()}


def test_build_network_sets_every_variable():
    build = BUILDERS["generator"]
    arrays = {name: np.full_like(values, 0.5) for name, values in network_arrays(build()).items()}
    built = network_arrays(build_network(build, arrays, "a.h5"))
    assert built.keys() == arrays.keys()
    assert all((values == 0.5).all() for values in built.values())


def test_networks_of_terabytes_are_refused_unbuilt():
    arrays = network_arrays(BUILDERS["generator"]())
    huge = GanConfig(8, 60_000, (60_000, 60_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UserError, match=r"a\.h5: `dense/kernel` must have shape \(60000, 960000\)"):
        build_network(lambda: ProgressiveGenerator(huge, name="generator"), arrays, "a.h5")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**18  # 256 MB
    # What Keras notes of unfilled variables is gone: the next network is filled alone.
    assert network_arrays(BUILDERS["generator"]()).keys() == arrays.keys()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"resolution": 8, "latent_dim": 4, "maps": [3, 2], "more": 1}, "`more` is unknown"),
        ({"resolution": 8, "latent_dim": 4}, "missing required field `maps`"),
        ({"resolution": "8", "latent_dim": 4, "maps": [3, 2]}, "Expected `int`"),
        ({"resolution": 8, "latent_dim": 4, "maps": [3, 2.5]}, "Expected `int`"),
        ({"resolution": 8, "latent_dim": 10**9, "maps": [3, 2]}, "`latent_dim` must be from 1 to 65536"),
        ({"resolution": 8, "latent_dim": 4, "maps": [10**12, 2]}, "`maps` must be from 1 to 65536"),
        ({"resolution": 8, "latent_dim": 4, "maps": [3, 2], "leak": "x"}, "Expected `float`"),
        ({"resolution": 0, "latent_dim": 4, "maps": [3, 2]}, "power of two"),
    ],
)
def test_read_config_refuses_what_no_network_takes(config, message):
    with pytest.raises(UserError, match=r"a\.h5: `config` is not that of a network") as caught:
        read_config(config, GanConfig, "a.h5")
    assert message in str(caught.value)


def test_read_config_gives_the_config():
    assert read_config({"resolution": 8, "latent_dim": 4, "maps": [3, 2]}, GanConfig, "a.h5") == SMALL


def test_networks_whose_pictures_outgrow_their_numbers_are_refused():
    weights = {"a": np.zeros(1000)}
    check_activations(2**24, weights, "a.h5")
    with pytest.raises(
        UserError, match=r"a\.h5: a network of 1000 numbers may have layers of at most 16777216"
    ):
        check_activations(2**24 + 1, weights, "a.h5")
    check_activations(16 * 1024**2, {"a": np.zeros(23 * 10**6, bool)}, "published")
