"""Networks for faces come back from weight files; other kinds are refused."""

from __future__ import annotations

import numpy as np
import pytest

from models.importers.face_networks import build_face_network, open_face_network
from models.networks.attribute_cnn import AttributeCnnConfig
from models.networks.face_attributes import AgeGenderConfig, build_age_gender
from models.weights.weight_file import Weights, network_arrays, write_weights
from tests.models.networks.plain_layers import outputs, randomize
from tlgan.errors import UserError

pytestmark = pytest.mark.network
TOY = AgeGenderConfig(32, (2, 3, 4, 5, 6))


def test_open_face_network_gives_the_outputs_of_the_written_one(tmp_path):
    network = build_age_gender(TOY)
    randomize(network)
    write_weights(tmp_path / "a.h5", "age_gender", TOY, network_arrays(network), dtype="float32")
    opened = open_face_network(tmp_path / "a.h5")
    assert (opened.input_shape, opened.batch) == ((32, 32, 3), None)
    assert opened.output_names == ("fc.age", "fc.gender", "features")
    assert opened.parameters == network.count_params()
    pixels = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 32, 32, 3)).astype("float32")
    for found, wanted in zip(opened.run(pixels), outputs(network, pixels), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_other_kinds_and_weights_that_do_not_fit_are_refused(tmp_path):
    write_weights(tmp_path / "a.h5", "attribute_cnn", AttributeCnnConfig(16, 1), {"x": np.zeros(1)})
    with pytest.raises(UserError, match=r"a\.h5: must be one of face_recogniser, .* Got a attribute_cnn"):
        open_face_network(tmp_path / "a.h5")
    with pytest.raises(UserError, match="file: weights do not fit the network"):
        build_face_network(Weights("age_gender", {"size": 32}, {}, {"x": np.zeros(1)}, ""), "file")
