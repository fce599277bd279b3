"""What finds and judges latents of photographs: what is there is opened, the rest is told."""

from __future__ import annotations

import msgspec
import pytest

from models.loaders.generator import load_generator
from models.networks.photo_encoder import PhotoEncoderConfig, build_photo_encoder
from models.weights.weight_file import network_arrays, write_weights
from pipelines.inversion.open_inverter import open_inverter
from pipelines.recipe.load import load_recipe
from tlgan.errors import UserError

pytestmark = pytest.mark.network


@pytest.fixture
def recipe(toy_recipe):
    return load_recipe(str(toy_recipe))


@pytest.fixture
def generator(recipe):
    return load_generator(recipe.sample.generator)


def write_encoder(path, generator_sha256):
    config = PhotoEncoderConfig(8, 8, (4,))
    arrays = network_arrays(build_photo_encoder(config))
    write_weights(path, "photo_encoder", config, arrays, {"generator_sha256": generator_sha256})


def test_what_is_not_there_is_told_with_the_command_that_brings_it(recipe, generator):
    opened = open_inverter(recipe, generator)
    assert opened.inverter.objective.features is not None
    assert (opened.inverter.encoder, opened.judge, opened.recogniser) == (None, None, None)
    begins = ("The search begins at random latents: ", "No feature distance: ", "No identity distance: ")
    assert all(note.startswith(start) for note, start in zip(opened.notes, begins, strict=True))
    assert "make train" in opened.notes[0]
    assert "make face-api" in opened.notes[2]


def test_an_encoder_of_the_generators_name_is_taken(recipe, generator, home):
    write_encoder(home / "artifacts" / "weights" / "toy.encoder.h5", generator.sha256)
    opened = open_inverter(recipe, generator)
    assert opened.inverter.encoder.generator_sha256 == generator.sha256


def test_an_encoder_of_another_generator_is_told_or_refused(recipe, generator, tmp_path, home):
    write_encoder(home / "artifacts" / "weights" / "toy.encoder.h5", "ab" * 32)
    opened = open_inverter(recipe, generator)
    assert opened.inverter.encoder is None
    assert "must be an encoder of generator toy" in opened.notes[0]
    with pytest.raises(UserError, match="make train RECIPE=… NAME=encoder"):
        open_inverter(recipe, generator, str(home / "artifacts" / "weights" / "toy.encoder.h5"))


def test_the_network_of_the_search_is_no_judge(recipe, generator):
    evaluate = msgspec.structs.replace(recipe.evaluate, judge=recipe.label.labellers[0])
    opened = open_inverter(msgspec.structs.replace(recipe, evaluate=evaluate), generator)
    assert opened.judge is None
    assert "the judge is the network whose features the search compares" in " ".join(opened.notes)


def test_known_factors_leave_pixels_alone(recipe, generator):
    label = msgspec.structs.replace(recipe.label, labellers=("known-axes-factors",))
    opened = open_inverter(msgspec.structs.replace(recipe, label=label), generator)
    assert opened.inverter.objective.features is None
    assert opened.notes[0].startswith("Pictures are compared by their pixels alone")
