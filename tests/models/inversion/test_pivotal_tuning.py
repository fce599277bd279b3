"""A generator tuned for one picture draws it, and others as before."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.inversion.objective import Objective
from models.inversion.pivotal_tuning import TuningOptions, tune_generator, write_tuned_generator
from models.loaders.generator import load_generator
from models.weights.weight_file import TUNED_FROM, read_weights, tuned_from
from tests.models.inversion.toys import mean_error, some_latents, write_toy_generator
from tlgan.errors import UserError

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """A generator, the same tuned with and without locality, a latent and the picture wanted of it."""
    folder = tmp_path_factory.mktemp("weights")
    generator = write_toy_generator(folder / "toy.generator.h5")
    pivot = some_latents(generator, 1)[0]
    picture = 255 - generator(pivot[None])[0]
    made = []
    for number, locality in enumerate((1.0, 0.0)):
        told = []
        options = TuningOptions(steps=40, locality=locality)
        found = tune_generator(
            folder / "toy.generator.h5", Objective(generator), picture, pivot, options, told.append
        )
        path = folder / f"tuned{number}.generator.h5"
        write_tuned_generator(path, found, "a command")
        made.append(path)
        assert sum(told) == 40
    return generator, made, pivot, picture


def test_tuned_generator_draws_the_picture_at_the_pivot(tuned):
    generator, paths, pivot, picture = tuned
    before = mean_error(generator(pivot[None]), picture[None])
    after = mean_error(load_generator(paths[0])(pivot[None]), picture[None])
    assert after < 0.8 * before


def test_locality_keeps_what_is_drawn_elsewhere(tuned):
    generator, paths, _, _ = tuned
    others = some_latents(generator, 32, seed=11)
    held, free = (mean_error(load_generator(path)(others), generator(others)).mean() for path in paths)
    assert held < 0.8 * free


def test_tuned_generator_has_its_own_hash_and_names_the_other(tuned):
    generator, paths, _, _ = tuned
    assert load_generator(paths[0]).sha256 != generator.sha256
    card = json.loads(paths[0].with_suffix(".json").read_text())
    for facts in (read_weights(paths[0]).metadata, card):
        assert (facts[TUNED_FROM], facts["tuned_from"]) == (generator.sha256, "toy")
    assert card["command"] == "a command"


def test_tuned_from_is_told_of_tuned_generators_alone(tuned, tmp_path):
    generator, paths, _, _ = tuned
    assert tuned_from(paths[0]) == generator.sha256
    (tmp_path / "text.h5").write_text("a text")
    others = paths[0].parent / "toy.generator.h5", tmp_path / "text.h5", tmp_path / "missing.h5"
    assert [tuned_from(path) for path in others] == ["", "", ""]


def test_a_generator_of_another_kind_is_refused(tuned, tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"\x08\x07")
    generator, _, pivot, picture = tuned
    with pytest.raises(UserError, match=r"must be a progressive GAN to be tuned|not"):
        tune_generator(tmp_path / "a.onnx", Objective(generator), picture, np.asarray(pivot))
