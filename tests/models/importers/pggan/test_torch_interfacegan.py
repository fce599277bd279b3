"""Generators of genforce/interfacegan, equal to their definition in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from models.importers.pggan.torch_interfacegan import map_interfacegan
from models.importers.pggan.torch_variables import read_torch_pggan
from tests.models.conftest import genforce_state, write_torch
from tests.models.importers.pggan.drawing import draw, latents
from tests.models.pggan_reference import genforce_generator
from tlgan.errors import UserError


@pytest.mark.network
@pytest.mark.parametrize(
    "shape", [{}, {"fused": True}, {"start": 1}, {"maps": (9, 7, 5, 3), "fused": True}], ids=str
)
def test_genforce_equals_the_definition(tmp_path, shape):
    state = genforce_state(**shape)
    file = read_torch_pggan(write_torch(tmp_path / "a.pth", state))
    z = latents()
    wanted = genforce_generator(state, z, shape.get("start", 0))
    np.testing.assert_allclose(draw(file.generator, z), wanted, atol=1e-4)
    assert bool(shape.get("start")) == any("only" in note for note in file.notes)


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("fused", [False, True])
def test_map_interfacegan_reads_sizes_from_names_and_shapes(start, fused):
    file = map_interfacegan(genforce_state(latent_dim=7, maps=(9, 7, 5), fused=fused, start=start))
    config = file.generator.config
    assert (config.resolution, config.latent_dim, config.maps, config.channels) == (16, 7, (9, 7, 5), 3)


def test_map_interfacegan_turns_kernels_round():
    state = genforce_state()
    variables = map_interfacegan(state).generator.variables
    np.testing.assert_array_equal(
        variables["conv16/kernel"], state["layer5.conv.weight"].transpose(2, 3, 1, 0)
    )
    np.testing.assert_array_equal(variables["to_rgb16/bias"], state["output2.wscale.bias"])


def test_map_interfacegan_without_lower_colours_fills_them_with_zeros():
    file = map_interfacegan(genforce_state(start=1))
    assert not file.generator.variables["to_rgb4/kernel"].any()
    assert file.generator.variables["to_rgb16/kernel"].any()
    assert "it draws at 16 pixels only" in file.notes[0]


def test_map_interfacegan_refuses_a_network_that_still_grows():
    with pytest.raises(UserError, match="`lod` must be 0"):
        map_interfacegan(genforce_state() | {"lod": np.float32(0.5)})


def test_names_that_are_no_texts_are_refused():
    with pytest.raises(UserError, match="names of variables must be texts"):
        map_interfacegan({("layer0", 1): np.zeros(1)})
