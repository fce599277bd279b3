"""Portraits with known axes as a source: generator, labels, training images, fingerprints."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.recipe.load import load_recipe
from pipelines.sources.generators import generator_source
from pipelines.sources.labellers import labeller_source
from pipelines.sources.synthetic import (
    KNOWN_AXES,
    KNOWN_FACTORS,
    KNOWN_FACTORS_SPELLINGS,
    KnownFactorsLabeller,
    drawn_portraits,
    planted_axes_of,
    portrait_generator,
    portraits_fingerprint,
)
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents

SMALL = ("known_axes.resolution=8", "data.resolution=8", "data.count=10")


def test_known_factors_of_a_row_are_the_same_in_any_chunk():
    recipe = load_recipe("known-axes", SMALL)
    labeller = labeller_source(recipe, KNOWN_FACTORS).open()
    latents = draw_latents(0, 10, 64, space="normal")
    assert not labeller.reads_images
    whole = labeller.score_rows(None, latents, 0)
    np.testing.assert_array_equal(labeller.score_rows(None, latents[6:], 6), whole[6:])
    noise = (whole - planted_axes_of(recipe).scores(latents)) / planted_axes_of(recipe).scales
    assert 0.4 < noise.std() < 0.6


@pytest.mark.parametrize("key", ["seed=1", "latent_dim=65", "nonlinearity=skewed", "resolution=32"])
def test_fingerprint_of_portraits_depends_on_their_parameters(key):
    first, second = (load_recipe("known-axes", more) for more in ((), (f"known_axes.{key}",)))
    assert generator_source(first).fingerprint != generator_source(second).fingerprint
    assert (
        labeller_source(first, KNOWN_FACTORS).fingerprint
        != labeller_source(second, KNOWN_FACTORS).fingerprint
    )


def test_known_factors_without_noise_are_the_true_scores():
    known = planted_axes_of(load_recipe("known-axes", SMALL))
    labeller = KnownFactorsLabeller(known, 0.0, 0)
    latents = draw_latents(0, 5, known.latent_dim, space="normal")
    np.testing.assert_allclose(labeller.score_rows(None, latents, 0), known.scores(latents), rtol=1e-5)
    assert (labeller.name, labeller.names, labeller.kinds) == (KNOWN_FACTORS, known.names, known.kinds)
    assert labeller.units[known.names.index("Age")] == "years"
    assert labeller.units[known.names.index("Male")] == "logit"


def test_both_spellings_of_known_factors_mean_one_name():
    assert set(KNOWN_FACTORS_SPELLINGS) == {"known-axes-factors", "known-axes-oracle"}
    assert set(KNOWN_FACTORS_SPELLINGS.values()) == {KNOWN_FACTORS}


def test_portrait_generator_draws_what_was_planted():
    recipe = load_recipe("known-axes", SMALL)
    generator = portrait_generator(recipe, "fingerprint")
    assert (generator.name, generator.sha256, generator.resolution) == (KNOWN_AXES, "fingerprint", 8)
    latents = draw_latents(0, 2, generator.latent_dim, space="normal")
    np.testing.assert_array_equal(generator(latents), planted_axes_of(recipe).generate(latents))


def test_portraits_fingerprint_depends_on_what_is_asked_of_them():
    recipe = load_recipe("known-axes", SMALL)
    assert portraits_fingerprint(recipe) == portraits_fingerprint(recipe)
    assert portraits_fingerprint(recipe) != portraits_fingerprint(recipe, noise=0.5)


def test_drawn_portraits_are_those_of_the_recipe():
    images = drawn_portraits(load_recipe("known-axes", SMALL))
    assert len(images) == 10
    assert images.names == planted_axes_of(load_recipe("known-axes", SMALL)).names
    with pytest.raises(UserError, match=r"`known_axes.resolution` \(8\)\. Got 16"):
        drawn_portraits(load_recipe("known-axes", ("known_axes.resolution=8", "data.resolution=16")))
