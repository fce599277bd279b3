"""Loading generators: one value, whatever the file of the network."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

import models
from models.inference.crop import CropWindow
from models.loaders.describe import inspect
from models.loaders.generator import load_discriminator, load_generator, plain_name
from models.networks.progressive_gan import GanConfig, ProgressiveDiscriminator, ProgressiveGenerator
from models.networks.variational_autoencoder import VaeConfig, build_vae_decoder
from models.weights.weight_file import network_arrays, write_weights
from tests.models.conftest import gan_zoo_state, official_state, write_official, write_torch
from tests.models.networks.plain_layers import outputs, randomize_with_variances
from tests.models.pggan_reference import gan_zoo_generator, official_generator
from tlgan.errors import UserError
from tlgan.storage.file_hash import file_sha256

pytestmark = pytest.mark.network


def latents(n=5, latent_dim=10):
    return np.random.default_rng(0).standard_normal((n, latent_dim)).astype("float32")


def write_generator(path, config):
    network = ProgressiveGenerator(config)
    write_weights(path, "generator", config, network_arrays(network), dtype="float32")
    return network


@pytest.fixture
def named(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    path = tmp_path / "artifacts" / "weights" / "small.generator.h5"
    path.parent.mkdir(parents=True)
    return path, write_generator(path, GanConfig(16, 10, (6, 5, 4)))


def test_load_generator_by_name_and_by_path(named):
    path, network = named
    for given in ("small", path, str(path)):
        generator = models.load_generator(given)
        assert (generator.name, generator.latent_dim, generator.latent_space) == ("small", 10, "sphere")
        assert (generator.resolution, generator.sha256) == (16, file_sha256(path))
    drawn = ops.convert_to_numpy(network(latents()))
    np.testing.assert_allclose(generator.floats(latents()), drawn, atol=1e-4)
    levels = np.clip(np.floor(drawn * 127.5 + 128), 0, 255)
    images = generator(latents())
    assert images.dtype == np.uint8
    assert np.abs(images - levels).max() <= 1


def test_image_of_a_latent_does_not_depend_on_the_other_rows(named):
    generator = load_generator("small")
    z = latents(70)
    images = generator(z)
    np.testing.assert_array_equal(generator(z[3:4]), images[3:4])
    np.testing.assert_array_equal(generator(z[60:]), images[60:])
    assert generator(z[:0]).shape == (0, 16, 16, 3)


def test_batch_size_that_went_through_is_cached(named):
    batch_size_cache = {}
    generator = load_generator("small", batch_size_cache=batch_size_cache)
    generator(latents())
    generator.floats(latents())
    ((key, rows),) = batch_size_cache.items()
    assert rows == generator.batch
    assert generator.sha256 in key
    assert load_generator("small", batch_size_cache={key: 4}).batch == 4
    assert load_generator("small", precision="float16", batch_size_cache={key: 4}).batch == rows
    assert load_generator("small", window=CropWindow(8), batch_size_cache={key: 4}).batch == rows
    assert load_generator("small", batch=3, batch_size_cache={key: 4}).batch == 3


def test_batch_that_is_asked_for_changes_no_image(named):
    whole = load_generator("small")(latents())
    assert np.abs(load_generator("small", batch=2)(latents()).astype(int) - whole).max() <= 1


@pytest.mark.parametrize(("precision", "error"), [("float16", 0.002), ("bfloat16", 0.02)])
def test_sixteen_bits_are_near_float32(named, precision, error):
    exact = load_generator("small").floats(latents())
    generator = load_generator("small", precision=precision)
    floats = generator.floats(latents())
    assert floats.dtype == np.float32
    # Where four maps are nearly nothing their norm enlarges what is lost; few pixels are so.
    assert error / 20 < np.median(np.abs(floats - exact)) < error
    assert generator(latents()).dtype == np.uint8
    assert generator.sha256 == load_generator("small").sha256


def test_unknown_precisions_are_refused(named):
    with pytest.raises(UserError, match=r"`precision` must be one of float32, float16, bfloat16. Got 'int8'"):
        load_generator("small", precision="int8")


@pytest.mark.parametrize(
    "window", [CropWindow(8), CropWindow(5, left=0.25, top=0.25, side=0.5), CropWindow(32)]
)
def test_window_is_drawn_in_place_of_the_whole(named, window):
    from models.inference.crop import crop_images

    whole = np.clip(load_generator("small").floats(latents()), -1, 1)
    cropped = ops.convert_to_numpy(crop_images(whole, window))
    generator = load_generator("small", window=window)
    assert generator.resolution == window.size
    np.testing.assert_allclose(generator.floats(latents()), cropped, atol=1e-4)
    assert np.abs(generator(latents()) - np.floor(cropped * 127.5 + 128).clip(0, 255)).max() <= 1


def test_load_generator_takes_foreign_files(tmp_path):
    state = official_state()
    generator = load_generator(write_official(tmp_path / "karras.pkl", state))
    assert (generator.name, generator.latent_space) == ("karras", "sphere")
    wanted = official_generator(state, latents()).transpose(0, 2, 3, 1)
    np.testing.assert_allclose(generator.floats(latents()), wanted, atol=1e-4)
    state = gan_zoo_state()
    generator = load_generator(write_torch(tmp_path / "zoo.pth", {"avgG": state}))
    wanted = gan_zoo_generator(state, latents()).transpose(0, 2, 3, 1)
    np.testing.assert_allclose(generator.floats(latents()), wanted, atol=1e-4)


def test_one_colour_is_drawn_grey_and_two_are_refused(tmp_path):
    write_generator(tmp_path / "grey.h5", GanConfig(8, 10, (4, 3), channels=1))
    images = load_generator(tmp_path / "grey.h5")(latents())
    assert images.shape == (5, 8, 8, 3)
    assert (images == images[..., :1]).all()
    write_generator(tmp_path / "two.h5", GanConfig(8, 10, (4, 3), channels=2))
    with pytest.raises(UserError, match=r"must draw 1 or 3 colours. Got 2"):
        load_generator(tmp_path / "two.h5")


def test_prior_of_a_network_that_does_not_normalize(tmp_path):
    write_generator(tmp_path / "a.h5", GanConfig(8, 10, (4, 3), normalize_latents=False))
    assert load_generator(tmp_path / "a.h5").latent_space == "normal"
    assert load_generator(tmp_path / "a.h5", latent_space="uniform").latent_space == "uniform"
    write_generator(tmp_path / "b.h5", GanConfig(8, 10, (4, 3)))
    with pytest.raises(UserError, match=r"its prior must be 'sphere'. Got 'normal'"):
        load_generator(tmp_path / "b.h5", latent_space="normal")


@pytest.mark.parametrize("shape", [(3, 9), (10,), (2, 10, 1)])
def test_latents_of_another_size_are_refused(named, shape):
    generator = load_generator("small")
    for draw in (generator, generator.floats):
        with pytest.raises(UserError, match=r"`latents` must have shape \(n, 10\) for generator small"):
            draw(np.zeros(shape))


def test_other_weight_files_are_refused(tmp_path):
    config = GanConfig(8, 10, (4, 3))
    path = tmp_path / "d.h5"
    write_weights(path, "discriminator", config, network_arrays(ProgressiveDiscriminator(config)))
    with pytest.raises(UserError, match=r"must be a generator. Got a discriminator"):
        load_generator(path)
    arrays = network_arrays(ProgressiveGenerator(config))
    arrays.pop("conv4/bias")
    write_weights(path, "generator", config, arrays)
    with pytest.raises(UserError, match=r"Missing: \['conv4/bias'\]"):
        load_generator(path)


def test_discriminator_scores_bytes_four_at_a_time(tmp_path):
    config = GanConfig(8, 1, (4, 3))
    network = ProgressiveDiscriminator(config)
    write_weights(tmp_path / "d.h5", "discriminator", config, network_arrays(network), dtype="float32")
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3)).astype("uint8")
    scores = load_discriminator(tmp_path / "d.h5")(images)
    filled = images[[0, 1, 2, 3]], images[[4, 5, 5, 5]]
    wanted = [ops.convert_to_numpy(network(part.astype("float32") / 127.5 - 1)) for part in filled]
    np.testing.assert_allclose(scores, np.concatenate(wanted)[:6], atol=1e-5)
    generator = tmp_path / "g.h5"
    write_generator(generator, config)
    with pytest.raises(UserError, match=r"must be a discriminator. Got a generator"):
        load_discriminator(generator)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("celeba64.generator.h5", "celeba64"),
        ("mine.generator.onnx", "mine"),
        ("karras2018iclr-celebahq-1024x1024.pkl", "karras2018iclr-celebahq-1024x1024"),
        ("a.weights.h5", "a"),
        ("b.keras", "b"),
    ],
)
def test_plain_name_is_that_of_the_file(tmp_path, file, name):
    assert plain_name(tmp_path / file) == name


def test_discriminator_never_scores_fewer_than_four_together(tmp_path, monkeypatch):
    """Where memory runs out it must fail, for fewer would give other scores."""
    import models.loaders.generator

    given = []
    monkeypatch.setattr(
        models.loaders.generator, "compile_forward", lambda score, batch_size: given.append(batch_size)
    )
    config = GanConfig(8, 1, (4, 3))
    write_weights(
        tmp_path / "d.h5", "discriminator", config, network_arrays(ProgressiveDiscriminator(config))
    )
    load_discriminator(tmp_path / "d.h5")
    with pytest.raises(UserError, match="ran out with 4 rows at a time"):
        given[0].halve_after(MemoryError())


def test_decoder_of_an_autoencoder_is_a_generator(tmp_path):
    config = VaeConfig(16, 6, (4, 5), (5, 4))
    network = build_vae_decoder(config)
    randomize_with_variances(network)
    path = tmp_path / "faces.generator.h5"
    write_weights(path, "vae_decoder", config, network_arrays(network), dtype="float32")
    generator = load_generator(path)
    facts = (generator.name, generator.latent_dim, generator.latent_space, generator.resolution)
    assert facts == ("faces", 6, "normal", 16)
    z = np.random.default_rng(0).standard_normal((5, 6)).astype("float32")
    floats = outputs(network, z)[0]
    np.testing.assert_allclose(generator.floats(z), floats, atol=1e-4)
    assert np.abs(generator(z) - np.floor(floats * 127.5 + 128).clip(0, 255)).max() <= 1
    assert load_generator(path, window=CropWindow(8))(z).shape == (5, 8, 8, 3)
    assert inspect(path).role == "generator"
    with pytest.raises(UserError, match=r"so `precision` must be 'float32'. Got 'float16'"):
        load_generator(path, precision="float16")
    with pytest.raises(UserError, match=r"prior of an autoencoder must be 'normal'. Got 'sphere'"):
        load_generator(path, latent_space="sphere")
