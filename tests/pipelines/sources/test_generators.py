"""Generators by name."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.recipe.load import load_recipe
from pipelines.sources.generators import generator_source
from pipelines.sources.labellers import labeller_source
from pipelines.sources.synthetic import KNOWN_FACTORS, planted_axes_of
from tlgan.latents.sampling import draw_latents

SMALL = ("known_axes.resolution=16", "data.resolution=16", "data.count=40")


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))


def test_known_axes_need_no_file_and_draw_what_was_planted():
    recipe = load_recipe("known-axes", SMALL)
    generator = generator_source(recipe).open()
    latents = draw_latents(0, 3, generator.latent_dim, space=generator.latent_space)
    np.testing.assert_array_equal(generator(latents), planted_axes_of(recipe).generate(latents))
    assert generator.sha256 == generator_source(recipe).fingerprint


def test_noise_of_known_factors_changes_the_labels_but_neither_the_generator_nor_the_judge():
    first, second = (load_recipe("known-axes", more) for more in ((), ("known_axes.noise=1.0",)))
    assert generator_source(first).fingerprint == generator_source(second).fingerprint
    assert (
        labeller_source(first, KNOWN_FACTORS).fingerprint
        != labeller_source(second, KNOWN_FACTORS).fingerprint
    )
    judges = [labeller_source(recipe, KNOWN_FACTORS, "judge") for recipe in (first, second)]
    assert judges[0].fingerprint == judges[1].fingerprint
