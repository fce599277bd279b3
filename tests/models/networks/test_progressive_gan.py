"""Shapes, growing and sizes of the progressive GAN's two networks."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

from models.networks.progressive_gan import (
    GanConfig,
    ProgressiveDiscriminator,
    ProgressiveGenerator,
    feature_maps,
    resolutions_to,
)
from tlgan.errors import UserError

CONFIG = GanConfig(64, 12, (16, 12, 8, 6, 4))


def numpy_of(values):
    return ops.convert_to_numpy(values)


def latents(n=3, latent_dim=12):
    return np.random.default_rng(0).standard_normal((n, latent_dim)).astype("float32")


def images(resolution, n=4):
    return np.random.default_rng(1).uniform(-1, 1, (n, resolution, resolution, 3)).astype("float32")


@pytest.fixture(scope="module")
def generator():
    keras.utils.set_random_seed(1)
    return ProgressiveGenerator(CONFIG)


@pytest.fixture(scope="module")
def discriminator():
    keras.utils.set_random_seed(2)
    return ProgressiveDiscriminator(CONFIG)


def test_feature_maps_of_the_published_network():
    assert feature_maps(1024) == (512, 512, 512, 512, 256, 128, 64, 32, 16)
    assert feature_maps(16, base=128, maximum=16) == (16, 16, 16)
    assert feature_maps(16, base=64, maximum=99, decay=2.0) == (16, 4, 1)
    assert resolutions_to(32) == (4, 8, 16, 32)


@pytest.mark.network
@pytest.mark.parametrize("resolution", [4, 8, 16, 32, 64])
def test_shapes_at_every_resolution(generator, discriminator, resolution):
    drawn = generator(latents(), resolution=resolution)
    assert tuple(drawn.shape) == (3, resolution, resolution, 3)
    assert np.isfinite(numpy_of(drawn)).all()
    assert tuple(discriminator(images(resolution)).shape) == (4,)


@pytest.mark.network
@pytest.mark.parametrize("resolution", [8, 64])
def test_generator_fades_from_the_doubled_small_picture_to_the_new_one(generator, resolution):
    z = latents()
    small = numpy_of(generator(z, resolution=resolution // 2))
    large = numpy_of(generator(z, resolution=resolution))
    doubled = small.repeat(2, axis=1).repeat(2, axis=2)
    for fade, wanted in ((0.0, doubled), (0.25, doubled * 0.75 + large * 0.25), (1.0, large)):
        blended = numpy_of(generator(z, resolution=resolution, fade=np.float32(fade)))
        np.testing.assert_allclose(blended, wanted, atol=1e-5)


@pytest.mark.network
@pytest.mark.parametrize("resolution", [8, 64])
def test_discriminator_fades_from_the_small_to_the_large_picture(discriminator, resolution):
    large = images(resolution)
    small = large.reshape(4, resolution // 2, 2, resolution // 2, 2, 3).mean(axis=(2, 4))
    before, after = numpy_of(discriminator(small)), numpy_of(discriminator(large))
    assert np.abs(before - after).max() > 1e-3
    np.testing.assert_allclose(numpy_of(discriminator(large, fade=np.float32(0))), before, atol=1e-5)
    np.testing.assert_allclose(numpy_of(discriminator(large, fade=np.float32(1))), after, atol=1e-5)


@pytest.mark.network
def test_networks_fade_in_sixteen_bits(generator, discriminator):
    fade, z, large = ops.convert_to_tensor(np.float32(0.5)), latents(), images(16)
    for network, given, options, tolerance in (
        (generator, z, {"resolution": 16}, 0.1),
        (discriminator, large, {}, 0.02),
    ):
        half = type(network)(CONFIG, dtype="mixed_bfloat16")
        half.set_weights(network.get_weights())
        wanted = numpy_of(network(given, fade=fade, **options))
        np.testing.assert_allclose(numpy_of(half(given, fade=fade, **options)), wanted, atol=tolerance)


@pytest.mark.network
def test_generator_ignores_the_length_of_a_latent_only_where_it_normalizes(generator):
    z = latents()
    np.testing.assert_allclose(numpy_of(generator(z)), numpy_of(generator(3 * z)), atol=1e-3)
    plain = ProgressiveGenerator(GanConfig(8, 12, (8, 4), normalize_latents=False))
    plain.dense.bias.assign(np.ones(8, "float32"))  # without a bias, pixel norm forgets the length too
    assert np.abs(numpy_of(plain(z)) - numpy_of(plain(3 * z))).max() > 1e-2


@pytest.mark.network
def test_config_switches_change_the_picture():
    z = latents()
    drawn = []
    for switch in ({}, {"pixel_norm": False}, {"leak": 0.0}, {"pixel_norm_epsilon": 0.5}):
        keras.utils.set_random_seed(3)
        drawn.append(numpy_of(ProgressiveGenerator(GanConfig(8, 12, (8, 4), **switch))(z)))
    for other in drawn[1:]:
        assert np.abs(drawn[0] - other).max() > 1e-3


@pytest.mark.network
def test_bias_per_pixel_and_colours_follow_the_config():
    network = ProgressiveGenerator(GanConfig(8, 12, (8, 4), channels=1, bias_per_pixel=True))
    assert tuple(network.dense.bias.shape) == (4, 4, 8)
    assert tuple(network(latents()).shape) == (3, 8, 8, 1)


@pytest.mark.network
def test_discriminator_smooths_before_or_after_the_activation():
    scores = []
    for smooth in (True, False):
        keras.utils.set_random_seed(4)
        network = ProgressiveDiscriminator(
            GanConfig(8, 1, (8, 4), smooth_before_activation=smooth, score_maps=6)
        )
        assert tuple(network.score.kernel.shape) == (6, 1)
        scores.append(numpy_of(network(images(8))))
    assert np.abs(scores[0] - scores[1]).max() > 1e-4


@pytest.mark.network
def test_full_networks_have_as_many_parameters_as_the_paper_says():
    # arXiv 1710.10196, table 2: 23.1 million each, with the last to-RGB and from-RGB layer alone.
    config = GanConfig(1024, 512, feature_maps(1024))
    for network, rgb in (
        (ProgressiveGenerator, lambda built: built.to_rgb[:-1]),
        (ProgressiveDiscriminator, lambda built: built.from_rgb[:-1]),
    ):
        built = network(config)
        counted = built.count_params() - sum(layer.count_params() for layer in rgb(built))
        assert round(counted / 1e6, 1) == 23.1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((48, 12, (8, 8, 8)), r"`resolution` must be a power of two from 8 to 1024\. Got 48"),
        ((4, 12, (8,)), "`resolution`"),
        ((2048, 12, (8,) * 10), "`resolution`"),
        ((0, 12, ()), "`resolution`"),
        ((-8, 12, (8, 8)), "`resolution`"),
        ((16, 12, (8, 8)), r"`maps` must have one entry for each of \(4, 8, 16\)\. Got \(8, 8\)"),
        ((16, 0, (8, 8, 8)), "`latent_dim` must be from 1 to 65536. Got 0"),
    ],
)
def test_config_refuses_impossible_shapes(arguments, message):
    with pytest.raises(UserError, match=message):
        GanConfig(*arguments)
