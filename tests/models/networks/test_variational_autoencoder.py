"""The variational autoencoder: shapes, the change of coordinates between encoder and decoder, bad configs."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.networks.variational_autoencoder import (
    VaeConfig,
    Whitening,
    build_vae_decoder,
    build_vae_encoder,
    halve,
    leading_components,
    set_linear_path,
)
from tests.models.networks.plain_layers import outputs
from tlgan.errors import UserError

CONFIG = VaeConfig(16, 6, (4, 5), (5, 4))


@pytest.mark.network
def test_encoder_and_decoder_shapes():
    faces = np.zeros((3, 16, 16, 3), "float32")
    means, log_variances = outputs(build_vae_encoder(CONFIG), faces)
    assert means.shape == log_variances.shape == (3, 6)
    (drawn,) = outputs(build_vae_decoder(CONFIG), means)
    assert drawn.shape == faces.shape


@pytest.mark.network
def test_whitening_of_the_decoder_undoes_that_of_the_encoder():
    random = np.random.default_rng(0)
    root, mean = random.standard_normal((6, 6)) + 3 * np.eye(6), random.standard_normal(6)
    latents = random.standard_normal((4, 6)).astype("float32")
    to_users, back = Whitening(6, to_users=True), Whitening(6, to_users=False)
    np.testing.assert_array_equal(ops.convert_to_numpy(to_users(latents)), latents)  # until they are set
    to_users.mean.assign(mean)
    to_users.root.assign(np.linalg.inv(root))
    back.mean.assign(mean)
    back.root.assign(root)
    changed = to_users(latents)
    np.testing.assert_allclose(ops.convert_to_numpy(changed) @ root + mean, latents, atol=1e-4)
    np.testing.assert_allclose(ops.convert_to_numpy(back(changed)), latents, atol=1e-4)


def test_leading_components_of_many_columns_are_those_of_the_covariance():
    random = np.random.default_rng(0)
    rows = random.standard_normal((300, 120)) * np.geomspace(10, 0.1, 120)
    rows = ((rows - rows.mean(axis=0)) @ np.linalg.qr(random.standard_normal((120, 120)))[0]).astype(
        "float32"
    )
    deviations, directions = leading_components(rows, 5)
    variances, wanted = np.linalg.eigh(rows.T.astype(float) @ rows / 300)
    np.testing.assert_allclose(deviations, np.sqrt(variances[::-1][:5]), rtol=1e-4)
    np.testing.assert_allclose(np.abs((directions * wanted[:, ::-1][:, :5]).sum(axis=0)), 1, atol=1e-3)
    few, _ = leading_components(rows[:3] - rows[:3].mean(axis=0), 5)
    assert few.shape == (3,)


@pytest.mark.network
def test_linear_path_starts_as_the_principal_components():
    """Pictures that differ in two ways alone are drawn again by two components, before any training."""
    random = np.random.default_rng(0)
    slope = np.linspace(-0.2, 0.2, 8)
    down = np.multiply.outer(slope, np.ones((8, 3)))
    right = np.multiply.outer(np.ones(8), np.outer(slope, (1, 0, -1)))
    ways = np.stack([down, right])
    halves = 0.1 + np.einsum("nk,kyxc->nyxc", random.standard_normal((50, 2)) * (2, 1), ways)
    encoder, decoder = build_vae_encoder(CONFIG), build_vae_decoder(CONFIG)
    set_linear_path(encoder, decoder, halves)
    faces = np.repeat(np.repeat(halves, 2, axis=1), 2, axis=2).astype("float32")
    means, log_variances = outputs(encoder, faces)
    np.testing.assert_allclose(np.cov(means.T, bias=True)[:2, :2], np.eye(2), atol=1e-3)
    assert (log_variances == -4).all()
    (drawn,) = outputs(decoder, means)
    drawn_halves = ops.convert_to_numpy(halve(drawn))
    assert np.mean((drawn_halves - halves) ** 2) < 0.05 * halves.var()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"resolution": 48}, "`resolution` must be a power of two from 8 to 1024. Got 48"),
        ({"resolution": 4}, "`resolution` must be a power of two from 8 to 1024. Got 4"),
        ({"resolution": -8}, "`resolution` must be a power of two"),
        ({"encoder_maps": (4,)}, "`encoder_maps` must have one entry for each of 2 halvings"),
        ({"decoder_maps": (4, 4, 4)}, "`decoder_maps` must have one entry for each of 2 halvings"),
        ({"latent_dim": 0}, "`latent_dim` and maps must be from 1"),
        ({"decoder_maps": (5, 2**15)}, "`latent_dim` and maps must be from 1 to 16384"),
    ],
)
def test_config_refuses_impossible_shapes(wrong, message):
    fields = {"resolution": 16, "latent_dim": 6, "encoder_maps": (4, 5), "decoder_maps": (5, 4)}
    with pytest.raises(UserError, match=message):
        VaeConfig(**{**fields, **wrong})
