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


def test_widths_that_leave_no_code_are_refused():
    with pytest.raises(UserError, match="`widths` must halve"):
        SharedAutoencoderConfig(16, PERSON, (4, 4, 4, 4), 8, (6, 4))
