"""Keras weight files of our own GAN networks."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from keras import ops

from models.importers.pggan.keras_weights import read_keras_weights
from models.networks.progressive_gan import GanConfig, ProgressiveDiscriminator, ProgressiveGenerator
from models.weights.weight_file import assign_weights
from tlgan.errors import UserError

pytestmark = pytest.mark.network


@pytest.mark.parametrize(
    "config", [GanConfig(8, 5, (4, 3)), GanConfig(16, 7, (6, 4, 2), channels=1, bias_per_pixel=True)]
)
def test_read_keras_weights_gives_shape_and_numbers(tmp_path, config):
    network = ProgressiveGenerator(config, name="mine")
    network.dense.bias.assign(np.ones(network.dense.bias.shape, "float32"))
    network.save_weights(tmp_path / "a.weights.h5")
    file = read_keras_weights(tmp_path / "a.weights.h5")
    assert file.generator.config == config
    assert "defaults" in file.notes[0]
    again = ProgressiveGenerator(config)
    assign_weights(again, file.generator.variables, "file")
    z = np.random.default_rng(0).standard_normal((2, config.latent_dim)).astype("float32")
    np.testing.assert_array_equal(ops.convert_to_numpy(again(z)), ops.convert_to_numpy(network(z)))


def test_other_networks_and_damaged_files_are_refused(tmp_path):
    path = tmp_path / "a.weights.h5"
    ProgressiveDiscriminator(GanConfig(8, 5, (4, 3))).save_weights(path)
    with pytest.raises(UserError, match="Got a discriminator only"):
        read_keras_weights(path)
    with h5py.File(path, "w") as file:
        file.create_dataset("layers/dense/vars/0", data=np.zeros(3))
        file.create_dataset("layers/dense/vars/1", data=np.zeros(3))
    with pytest.raises(UserError, match="Got other layers"):
        read_keras_weights(path)
    ProgressiveGenerator(GanConfig(8, 5, (4, 3))).save_weights(path)
    with h5py.File(path, "r+") as file:
        del file["dense"]
    with pytest.raises(UserError, match="lacks `dense/kernel`"):
        read_keras_weights(path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(UserError, match="is not a Keras weight file"):
        read_keras_weights(path)
