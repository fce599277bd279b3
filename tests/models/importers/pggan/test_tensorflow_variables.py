"""Variables of the published progressive GAN, equal to its definition in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.importers.pggan.tensorflow_pickle import read_official_pggan
from models.importers.pggan.tensorflow_variables import map_discriminator, map_generator
from models.networks.progressive_gan import GanConfig, ProgressiveDiscriminator
from models.weights.weight_file import assign_weights
from tests.models.conftest import official_state, write_official
from tests.models.importers.pggan.drawing import draw, latents
from tests.models.pggan_reference import official_discriminator, official_generator
from tlgan.errors import UserError


@pytest.mark.network
@pytest.mark.parametrize(
    "given",
    [
        {"fused_scale": True},
        {"fused_scale": False},
        {"resolution": 8},
        {"resolution": 64, "fmap_base": 128},
        {"num_channels": 1},
        {"fmap_decay": 0.5, "fmap_max": 9},
        {"label_size": 4},
        {"label_size": 4, "normalize_latents": False},
        {"normalize_latents": False},
        {"use_wscale": False},
        {"use_wscale": False, "label_size": 3},
        {"use_wscale": False, "label_size": 3, "normalize_latents": False, "fused_scale": False},
        {"use_pixelnorm": False},
        {"pixelnorm_epsilon": 0.1},
        {"use_leakyrelu": False},
        {"latent_size": 24},
    ],
    ids=str,
)
def test_generator_equals_the_definition(tmp_path, given):
    state = official_state(**given)
    file = read_official_pggan(write_official(tmp_path / "g.pkl", state))
    z = latents(latent_dim=given.get("latent_size", 10))
    np.testing.assert_allclose(draw(file.generator, z), official_generator(state, z), atol=1e-4)
    assert bool(given.get("label_size")) == any("zeros" in note for note in file.notes)


@pytest.mark.network
@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize(
    "given", [{}, {"label_size": 2}, {"use_wscale": False}, {"fmap_base": 32, "fmap_max": 16}]
)
def test_discriminator_equals_the_definition(tmp_path, fused, given):
    given = given | {"fused_scale": fused}
    states = tuple(official_state(function, **given) for function in ("G_paper", "D_paper", "G_paper"))
    mapped = read_official_pggan(write_official(tmp_path / "all.pkl", states)).discriminator
    network = ProgressiveDiscriminator(mapped.config)
    assign_weights(network, mapped.variables, "file")
    images = np.random.default_rng(1).uniform(-1, 1, (4, 3, 16, 16)).astype("float32")
    scores = ops.convert_to_numpy(network(images.transpose(0, 2, 3, 1)))
    np.testing.assert_allclose(scores, official_discriminator(states[1], images), rtol=1e-5, atol=1e-4)


def test_config_follows_the_defaults_of_the_published_functions(tmp_path):
    state = official_state()
    config = read_official_pggan(write_official(tmp_path / "g.pkl", state)).generator.config
    assert config == GanConfig(16, 10, (12, 12, 8))


def test_arguments_without_effect_are_noted(tmp_path):
    path = write_official(
        tmp_path / "g.pkl", official_state(structure="recursive", dtype="float32", colour="red")
    )
    assert "colour" in read_official_pggan(path).notes[0]


def test_discriminator_of_other_groups_is_left_out_with_a_note(tmp_path):
    states = (official_state(), official_state("D_paper", mbstd_group_size=8), official_state())
    file = read_official_pggan(write_official(tmp_path / "all.pkl", states))
    assert file.discriminator is None
    assert any("left out" in note for note in file.notes)


def test_map_generator_keeps_bytes_of_unscaled_layers():
    notes = []
    state = official_state()
    variables = map_generator(state, notes).variables
    np.testing.assert_array_equal(variables["conv8/kernel"], dict(state["variables"])["8x8/Conv1/weight"])
    assert notes == []


def test_map_discriminator_takes_the_score_alone():
    state = official_state("D_paper", label_size=2)
    variables = map_discriminator(state, []).variables
    np.testing.assert_array_equal(variables["score/bias"], dict(state["variables"])["4x4/Dense1/bias"][:1])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"resolution": 48}, "`resolution` must be a power of two from 8 to 1024. Got 48"),
        ({"fmap_decay": 17}, "`fmap_decay` must be at most 16"),
        ({"label_size": -1}, "`label_size` must be a number from 0. Got -1"),
        ({"use_pixelnorm": 1}, "`use_pixelnorm` must be true or false. Got 1"),
        ({"num_channels": True}, "`num_channels` must be a number from 0. Got True"),
    ],
)
def test_map_generator_refuses_arguments(given, message):
    state = official_state()
    state["static_kwargs"] |= given
    with pytest.raises(UserError, match=message):
        map_generator(state, [])
