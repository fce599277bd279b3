"""Generators of pytorch_GAN_zoo, equal to their definition in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from models.importers.pggan.torch_gan_zoo import map_gan_zoo
from models.importers.pggan.torch_variables import read_torch_pggan
from tests.models.conftest import gan_zoo_state, write_torch
from tests.models.importers.pggan.drawing import draw, latents
from tests.models.pggan_reference import gan_zoo_generator
from tlgan.errors import UserError

CONFIG = {"alpha": 0, "leakyReluLeak": 0.2, "perChannelNormalization": True, "depthScales": [8, 6]}


@pytest.mark.network
@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    "shape", [{}, {"maps": (6, 4)}, {"maps": (8, 7, 6, 5), "colours": 1, "latent_dim": 7}], ids=str
)
def test_gan_zoo_equals_the_definition(tmp_path, shape, legacy):
    state = gan_zoo_state(**shape)
    content = {"config": CONFIG, "netG": gan_zoo_state(seed=9), "avgG": state}
    file = read_torch_pggan(write_torch(tmp_path / "a.pth", content, legacy))
    z = latents(latent_dim=shape.get("latent_dim", 10))
    np.testing.assert_allclose(draw(file.generator, z), gan_zoo_generator(state, z), atol=1e-4)


@pytest.mark.network
def test_gan_zoo_without_equalized_rate(tmp_path):
    state = {name: values * np.float32(0.3) for name, values in gan_zoo_state().items()}
    path = write_torch(tmp_path / "a.pth", {"config": CONFIG | {"equalizedlR": False}, "avgG": state})
    z = latents()
    np.testing.assert_allclose(
        draw(read_torch_pggan(path).generator, z), gan_zoo_generator(state, z, False), atol=1e-4
    )


@pytest.mark.network
def test_gan_zoo_classes_are_fed_zeros(tmp_path):
    state = gan_zoo_state(latent_dim=13)
    path = write_torch(tmp_path / "a.pth", {"config": CONFIG | {"categoryVectorDim": 3}, "avgG": state})
    file = read_torch_pggan(path)
    assert any("zeros" in note for note in file.notes)
    z = latents()
    padded = np.concatenate([z, np.zeros((3, 3))], axis=1)
    np.testing.assert_allclose(draw(file.generator, z), gan_zoo_generator(state, padded), atol=1e-4)


def test_gan_zoo_without_a_moving_average_gets_a_note(tmp_path):
    state = gan_zoo_state()
    file = read_torch_pggan(write_torch(tmp_path / "a.pth", {"config": CONFIG, "netG": state}))
    assert "no moving average" in file.notes[0]
    np.testing.assert_array_equal(
        file.generator.variables["conv8_up/kernel"],
        state["scaleLayers.0.0.module.weight"].transpose(2, 3, 1, 0),
    )


def test_map_gan_zoo_reads_sizes_from_shapes():
    config = map_gan_zoo({"avgG": gan_zoo_state(latent_dim=7, maps=(8, 7, 6, 5), colours=1)}).generator.config
    assert (config.resolution, config.latent_dim, config.maps, config.channels) == (32, 7, (8, 7, 6, 5), 1)
    assert config.bias_per_pixel
    assert config.leak == 0.2


def test_map_gan_zoo_prefers_the_moving_average():
    average, last = gan_zoo_state(seed=1), gan_zoo_state(seed=2)
    file = map_gan_zoo({"netG": last, "avgG": average, "netD": {}})
    np.testing.assert_array_equal(
        file.generator.variables["conv8/kernel"],
        average["scaleLayers.0.1.module.weight"].transpose(2, 3, 1, 0),
    )
    assert file.notes == ("netD is left out: its minibatch deviation is another than ours",)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"alpha": 1}, r"`config.alpha` must be 0 \(fully grown\)"),
        ({"perChannelNormalization": False}, "`config.perChannelNormalization` must be true"),
        ({"lossCriterion": "DCGAN"}, "`config.lossCriterion` must be WGANGP"),
        ({"leakyReluLeak": True}, "`config.leakyReluLeak` must be a number from 0 to 1"),
        ({"categoryVectorDim": 10}, "`categoryVectorDim` must be a number of latent values. Got 10"),
        ({"categoryVectorDim": -1}, "`categoryVectorDim` must be"),
        ([], "must be a dict of tensors"),
    ],
)
def test_map_gan_zoo_refuses_what_ours_cannot_draw(config, message):
    with pytest.raises(UserError, match=message):
        map_gan_zoo({"avgG": gan_zoo_state(), "config": config})
