"""The network from photographs to latents: shapes, and where its latents lie."""

from __future__ import annotations

import numpy as np
import pytest

from models.networks.photo_encoder import PhotoEncoderConfig, build_photo_encoder
from tests.models.networks.plain_layers import outputs
from tlgan.errors import UserError

pytestmark = pytest.mark.network
IMAGES = np.random.default_rng(0).uniform(-5, 5, (5, 16, 16, 3)).astype("float32")


@pytest.mark.parametrize("space", ["sphere", "normal", "uniform"])
def test_latents_lie_in_their_space(space):
    network = build_photo_encoder(PhotoEncoderConfig(16, 6, (4, 5), space))
    (latents,) = outputs(network, IMAGES)
    assert latents.shape == (5, 6)
    lengths, largest = np.linalg.norm(latents, axis=1), np.abs(latents).max()
    assert np.allclose(lengths, np.sqrt(6), rtol=1e-4) == (space == "sphere")
    assert (largest <= 1) == (space == "uniform")


def test_each_width_halves_the_picture():
    network = build_photo_encoder(PhotoEncoderConfig(16, 6, (4, 5, 7)))
    assert [network.get_layer(f"sum{number}").output.shape[1:] for number in range(3)] == [
        (8, 8, 4),
        (4, 4, 5),
        (2, 2, 7),
    ]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"widths": (4,) * 5}, "`widths` must halve 16 pixels"),
        ({"widths": ()}, "`widths` must halve 16 pixels"),
        ({"widths": (0,)}, "`widths` must be from 1"),
        ({"latent_dim": 0}, "`latent_dim` must be from 1"),
        ({"resolution": 5000}, "`resolution` must be from 1 to 4096"),
        ({"latent_space": "cube"}, "`latent_space` must be one of"),
    ],
)
def test_a_shape_that_cannot_be_is_refused(changed, message):
    with pytest.raises(UserError, match=message):
        PhotoEncoderConfig(**{"resolution": 16, "latent_dim": 6, "widths": (4,)} | changed)
