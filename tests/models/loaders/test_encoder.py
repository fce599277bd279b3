"""Encoders: loaded by file or name, for the one generator that they name."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import models
from models.loaders.encoder import load_encoder
from models.networks.variational_autoencoder import VaeConfig, build_vae_encoder
from models.weights.weight_file import network_arrays, write_weights
from tests.models.loaders.test_labeller import images
from tests.models.networks.plain_layers import outputs, randomize_with_variances
from tlgan.errors import UserError

pytestmark = pytest.mark.network
CONFIG = VaeConfig(16, 6, (4, 5), (5, 4))
GENERATOR = SimpleNamespace(name="faces", sha256="ab" * 32)


def write_encoder(path, metadata=None, kind="vae_encoder"):
    """Write an encoder of random weights and give the network back."""
    network = build_vae_encoder(CONFIG)
    randomize_with_variances(network)
    metadata = {"generator_sha256": GENERATOR.sha256} if metadata is None else metadata
    write_weights(path, kind, CONFIG, network_arrays(network), metadata, dtype="float32")
    return network


def test_load_encoder_gives_the_networks_latents(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    network = write_encoder(tmp_path / "artifacts" / "weights" / "toy.encoder.h5")
    encoder = load_encoder("toy", GENERATOR)
    assert isinstance(encoder, models.Encoder)
    facts = (encoder.name, encoder.resolution, encoder.latent_dim, encoder.generator_sha256)
    assert facts == ("toy", 16, 6, GENERATOR.sha256)
    faces = images(5, 16)
    latents = encoder(faces)
    assert (latents.dtype, latents.shape) == (np.float32, (5, 6))
    wanted = outputs(network, faces.astype("float32") / 127.5 - 1)[0]
    np.testing.assert_allclose(latents, wanted, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(encoder(faces[1:2]), latents[1:2], rtol=1e-5)  # whatever came with it
    assert encoder(faces[:0]).shape == (0, 6)


def test_load_encoder_refuses_another_generator(tmp_path):
    write_encoder(tmp_path / "toy.encoder.h5")
    other = SimpleNamespace(name="others", sha256="cd" * 32)
    with pytest.raises(
        UserError, match=r"toy.encoder.h5: must be an encoder of generator others .* Got one of abab"
    ):
        load_encoder(tmp_path / "toy.encoder.h5", other)


@pytest.mark.parametrize(
    ("metadata", "kind", "message"),
    [
        ({}, "vae_encoder", "`card` must name the SHA-256 of its generator"),
        ({"generator_sha256": 3}, "vae_encoder", "`card` must name the SHA-256 of its generator"),
        (None, "discriminator", "must be an encoder. Got a discriminator"),
    ],
)
def test_load_encoder_refuses_other_files(tmp_path, metadata, kind, message):
    write_encoder(tmp_path / "toy.encoder.h5", metadata, kind)
    with pytest.raises(UserError, match=message):
        load_encoder(tmp_path / "toy.encoder.h5")


def test_load_encoder_names_what_there_is(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    with pytest.raises(UserError, match=r"`encoder` must be a file or one of .* Got 'nobody'"):
        load_encoder("nobody")


@pytest.mark.parametrize("wrong", [images(2, 8), images(2, 16).astype("float32"), images(2, 16)[0]])
def test_encoder_refuses_images_of_another_size(tmp_path, wrong):
    write_encoder(tmp_path / "toy.encoder.h5")
    with pytest.raises(UserError, match=r"`images` must be uint8 of shape \(n, 16, 16, 3\) for encoder toy"):
        load_encoder(tmp_path / "toy.encoder.h5")(wrong)
