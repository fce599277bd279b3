"""Reading a progressive GAN of any kind of file."""

from __future__ import annotations

import numpy as np
import pytest

from models.importers.pggan.read import gan_network, read_gan
from models.networks.progressive_gan import GanConfig
from models.weights.weight_file import read_weights, write_weights
from tests.models.conftest import gan_zoo_state, official_state, write_official, write_torch
from tlgan.errors import UserError

CONFIG = GanConfig(8, 4, (3, 2))


def test_read_gan_takes_weight_files_of_ours(tmp_path):
    write_weights(tmp_path / "g.h5", "generator", CONFIG, {"a": np.float32([1, 2])})
    file = read_gan(tmp_path / "g.h5", "tlgan")
    assert file.generator.config == CONFIG
    assert file.generator.variables["a"].tolist() == [1, 2]
    assert file.discriminator is None


def test_read_gan_takes_foreign_files(tmp_path):
    official = read_gan(write_official(tmp_path / "a.pkl", official_state()), "official")
    torch = read_gan(write_torch(tmp_path / "a.pth", {"avgG": gan_zoo_state()}), "torch")
    assert official.generator.config.resolution == torch.generator.config.resolution == 16


def test_gan_network_refuses_other_kinds_and_configs(tmp_path):
    path = tmp_path / "d.h5"
    write_weights(path, "discriminator", CONFIG, {"a": np.zeros(2)})
    with pytest.raises(UserError, match=r"must be a generator. Got a discriminator"):
        gan_network(read_weights(path), path, "generator")
    weights = read_weights(path)
    weights.config["unknown"] = 1
    with pytest.raises(UserError, match="`config` is not that of a network"):
        gan_network(weights, path, "discriminator")
