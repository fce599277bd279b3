from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.networks.translators.conditions import Condition
from models.networks.translators.fader_network import FaderConfig, build_code_reader, build_fader_network
from models.weights.weight_file import network_arrays
from tlgan.errors import UserError

SMILING = Condition("Smiling", "binary", "", (0.0, 1.0))
CONFIG = FaderConfig(16, (SMILING,), (4, 6))


@pytest.mark.network
def test_decoder_draws_by_code_and_condition():
    network = build_fader_network(CONFIG)
    pictures = np.random.default_rng(0).uniform(-1, 1, (3, 16, 16, 3)).astype("float32")
    codes = network.encoder(pictures)
    assert tuple(codes.shape) == (3, 4, 4, 6)
    one, other = (
        ops.convert_to_numpy(
            network.decoder([codes, ops.convert_to_tensor(np.tile(np.float32([shares]), (3, 1)))])
        )
        for shares in ((1, 0), (0, 1))
    )
    assert one.shape == pictures.shape
    assert np.abs(one).max() <= 1
    assert np.abs(one - other).max() > 1e-3
    whole = ops.convert_to_numpy(network.whole([pictures, np.tile(np.float32([[1, 0]]), (3, 1))]))
    np.testing.assert_allclose(whole, one, atol=1e-5)
    names = network_arrays(network.whole)
    assert {"encoder_0/kernel", "decoder_0_norm/gamma", "decoder_colours/bias"} <= set(names)


@pytest.mark.network
def test_code_reader_has_a_logit_for_each_level():
    reader = build_code_reader(CONFIG, 0.3)
    assert tuple(reader(np.zeros((2, 4, 4, 6), "float32")).shape) == (2, 2)


@pytest.mark.parametrize(
    ("resolution", "conditions", "widths", "message"),
    [
        (16, (), (4, 6), r"`conditions` must hold 1 to 40 attributes\. Got 0"),
        (16, (SMILING,) * 41, (4, 6), r"must hold 1 to 40 attributes\. Got 41"),
        (16, (SMILING, SMILING), (4, 6), "'Smiling' is there twice"),
        (16, (SMILING,), (4, 6, 8), "a code of at least 4 pixels"),
        (2**20, (SMILING,), (4, 6), r"`resolution` must be from 1 to 4096\. Got 1048576"),
        (16, (SMILING,), (4, 10**9), r"numbers from 1 to 16384\. Got 2, the largest 1000000000"),
        (16, (SMILING,), (0, 4), r"`widths` must be 1 to 10 numbers"),
    ],
)
def test_a_network_that_no_training_produces_is_refused(resolution, conditions, widths, message):
    with pytest.raises(UserError, match=message):
        FaderConfig(resolution, conditions, widths)
