from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.networks.translators.conditions import Condition
from models.networks.translators.shared_autoencoder import SharedAutoencoderConfig, build_shared_autoencoder
from tlgan.errors import UserError

PERSON = Condition("Person", "categorical", "", (0.0, 1.0, 2.0))
SMALL = SharedAutoencoderConfig(16, PERSON, (4, 6), 8, (6, 4))


@pytest.mark.network
def test_each_domain_has_its_own_decoder_of_one_code():
    network = build_shared_autoencoder(SMALL)
    assert len(network.decoders) == 3
    pictures = np.random.default_rng(0).uniform(0, 1, (2, 16, 16, 3)).astype("float32")
    features = network.encoder(pictures)
    drawn = [ops.convert_to_numpy(picture) for picture in network.whole(pictures)]
    for decoder, picture in zip(network.decoders, drawn, strict=True):
        assert picture.shape == pictures.shape
        np.testing.assert_allclose(ops.convert_to_numpy(decoder(features)), picture, atol=1e-6)
    assert np.abs(drawn[0] - drawn[1]).max() > 1e-3


@pytest.mark.network
def test_a_deeper_encoder_than_decoder_still_gives_the_picture_its_size():
    network = build_shared_autoencoder(SharedAutoencoderConfig(16, PERSON, (4, 6, 8), 8, (6, 4)))
    assert network.whole.output_shape[0] == (None, 16, 16, 3)


@pytest.mark.parametrize(
    ("resolution", "widths", "code", "decoder_widths", "message"),
    [
        (16, (4, 4, 4, 4), 8, (6, 4), "`widths` must halve"),
        (16, (4, 4), 8, (6, 4, 4, 4), "`decoder_widths` must halve"),
        (16, (4, 4), 2**30, (6, 4), r"`code` must be .* Got 1, the largest 1073741824"),
        (16, (4, 4), 8, (), r"`decoder_widths` must be 1 to 10 numbers from 1 to 16384\. Got 0"),
        (-16, (4, 4), 8, (6, 4), r"`resolution` must be from 1 to 4096\. Got -16"),
    ],
)
def test_a_network_that_no_training_produces_is_refused(resolution, widths, code, decoder_widths, message):
    with pytest.raises(UserError, match=message):
        SharedAutoencoderConfig(resolution, PERSON, widths, code, decoder_widths)
