"""PyTorch progressive GANs in two layouts, equal to their definitions in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.importers.pggan.torch_variables import read_torch_pggan
from models.networks.progressive_gan import ProgressiveGenerator
from models.weights.weight_file import assign_weights
from tests.models.conftest import gan_zoo_state, genforce_state, write_torch
from tests.models.pggan_reference import gan_zoo_generator, genforce_generator
from tlgan.errors import UserError

CONFIG = {"alpha": 0, "leakyReluLeak": 0.2, "perChannelNormalization": True, "depthScales": [8, 6]}


def latents(n=3, latent_dim=10):
    return np.random.default_rng(0).standard_normal((n, latent_dim)).astype("float32")


def draw(file, z):
    network = ProgressiveGenerator(file.generator.config)
    assign_weights(network, file.generator.variables, "file")
    return ops.convert_to_numpy(network(z)).transpose(0, 3, 1, 2)


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
    np.testing.assert_allclose(draw(file, z), gan_zoo_generator(state, z), atol=1e-4)


@pytest.mark.network
def test_gan_zoo_without_equalized_rate(tmp_path):
    state = {name: values * np.float32(0.3) for name, values in gan_zoo_state().items()}
    path = write_torch(tmp_path / "a.pth", {"config": CONFIG | {"equalizedlR": False}, "avgG": state})
    z = latents()
    np.testing.assert_allclose(draw(read_torch_pggan(path), z), gan_zoo_generator(state, z, False), atol=1e-4)


@pytest.mark.network
def test_gan_zoo_classes_are_fed_zeros(tmp_path):
    state = gan_zoo_state(latent_dim=13)
    path = write_torch(tmp_path / "a.pth", {"config": CONFIG | {"categoryVectorDim": 3}, "avgG": state})
    file = read_torch_pggan(path)
    assert any("zeros" in note for note in file.notes)
    z = latents()
    padded = np.concatenate([z, np.zeros((3, 3))], axis=1)
    np.testing.assert_allclose(draw(file, z), gan_zoo_generator(state, padded), atol=1e-4)


def test_gan_zoo_without_a_moving_average_gets_a_note(tmp_path):
    state = gan_zoo_state()
    file = read_torch_pggan(write_torch(tmp_path / "a.pth", {"config": CONFIG, "netG": state}))
    assert "no moving average" in file.notes[0]
    np.testing.assert_array_equal(
        file.generator.variables["conv8_up/kernel"],
        state["scaleLayers.0.0.module.weight"].transpose(2, 3, 1, 0),
    )


@pytest.mark.network
@pytest.mark.parametrize(
    "shape", [{}, {"fused": True}, {"start": 1}, {"maps": (9, 7, 5, 3), "fused": True}], ids=str
)
def test_genforce_equals_the_definition(tmp_path, shape):
    state = genforce_state(**shape)
    file = read_torch_pggan(write_torch(tmp_path / "a.pth", state))
    z = latents()
    wanted = genforce_generator(state, z, shape.get("start", 0))
    np.testing.assert_allclose(draw(file, z), wanted, atol=1e-4)
    assert bool(shape.get("start")) == any("only" in note for note in file.notes)


def changed(state, damage):
    damage(state)
    return state


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"config": CONFIG, "netD": {"a": np.zeros(2)}}, "holds a discriminator only"),
        ({"fromRGBLayers.0.module.weight": np.zeros((2, 3, 1, 1), "f4")}, "holds a discriminator only"),
        ({"gen.conv1.weight": np.zeros((2, 3, 1, 1), "f4")}, "is in neither known layout"),
        ({"avgG": {}}, "must be a dict of tensors"),
        ({"avgG": 3}, "must be a dict of tensors"),
        ({"avgG": gan_zoo_state(), "config": CONFIG | {"alpha": 0.5}}, "`config.alpha` must be 0"),
        ({"avgG": gan_zoo_state(), "config": CONFIG | {"lossCriterion": "DCGAN"}}, "must be WGANGP"),
        (
            {"avgG": gan_zoo_state(), "config": CONFIG | {"leakyReluLeak": "x"}},
            "`config.leakyReluLeak` must be",
        ),
        (
            {"avgG": gan_zoo_state(), "config": CONFIG | {"categoryVectorDim": 99}},
            "`categoryVectorDim` must be",
        ),
        (
            {"avgG": changed(gan_zoo_state(), lambda s: s.pop("groupScale0.0.module.bias"))},
            r"Missing: \[groupScale0.0.module.bias\]",
        ),
        (
            {"avgG": changed(gan_zoo_state(), lambda s: s.update({"extra.weight": np.zeros(1, "f4")}))},
            r"Left over: \[extra.weight\]",
        ),
        (
            {
                "avgG": changed(
                    gan_zoo_state(), lambda s: s.update({"groupScale0.0.module.bias": np.zeros(9, "f4")})
                )
            },
            r"`groupScale0.0.module.bias` must be floats of shape \(8,\)",
        ),
        (
            {"avgG": changed(gan_zoo_state(), lambda s: s.pop("formatLayer.module.weight"))},
            "must have `formatLayer",
        ),
        (changed(genforce_state(), lambda s: s.update(lod=np.float32(1))), "`lod` must be 0"),
        (
            changed(genforce_state(), lambda s: s.pop("layer3.conv.weight")),
            r"Missing: \[layer3.conv.weight\]",
        ),
        (changed(genforce_state(), lambda s: s.pop("output2.conv.weight")), "lacks output2.conv.weight"),
        (
            changed(
                genforce_state(), lambda s: [s.pop(name) for name in list(s) if name.startswith("layer5")]
            ),
            "Left over|two layers per resolution",
        ),
        (genforce_state(start=2), "counted from 0 or 1"),
        ([1, 2], "must hold a dict"),
    ],
)
def test_other_networks_are_refused(tmp_path, content, message):
    path = write_torch(tmp_path / "a.pth", content)
    with pytest.raises(UserError, match=message) as error:
        read_torch_pggan(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)
