"""Sampled rows: the same in any block, appended, and drawn again where images are not kept."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.recipe.load import load_recipe
from pipelines.sources.synthetic import planted_axes_of
from pipelines.stages.sample import plan_sample, sampled_images
from tlgan.latents.sampling import draw_latents
from tlgan.storage.row_files import map_rows, read_attributes, rows_done

SMALL = ("known_axes.latent_dim=20", "known_axes.resolution=8", "data.resolution=8")


@pytest.fixture(autouse=True)
def own_home(home):
    return home


def sampled(*overrides):
    recipe = load_recipe("known-axes", (*SMALL, *overrides))
    step = plan_sample(recipe)
    step.output.parent.mkdir(parents=True, exist_ok=True)
    step.work(step)
    return recipe, step


def test_sample_holds_latents_and_their_pictures():
    recipe, step = sampled("sample.count=40", "sample.seed=3")
    latents = map_rows(step.output, "latents")
    np.testing.assert_array_equal(latents, draw_latents(0, 40, 20, space="normal", seed=3))
    np.testing.assert_array_equal(map_rows(step.output, "images"), planted_axes_of(recipe).generate(latents))
    facts = read_attributes(step.output)
    assert (facts["generator"], facts["latent_dim"], facts["latent_space"]) == ("known-axes", 20, "normal")
    assert facts["fingerprint"] == step.fingerprint


def test_more_rows_are_appended_to_the_same_file():
    _, step = sampled("sample.count=30")
    first = np.array(map_rows(step.output, "latents"))
    _, more = sampled("sample.count=50")
    assert more.output == step.output
    assert rows_done(more.output) == 50
    np.testing.assert_array_equal(map_rows(more.output, "latents")[:30], first)


def test_images_that_are_not_kept_are_drawn_once_more():
    recipe, with_images = sampled("sample.count=40")
    _, dropped = sampled("sample.count=40", "sample.keep_images=false")
    assert dropped.output != with_images.output
    rows, generator = slice(5, 9), planted_axes_of(recipe).generate
    wanted = sampled_images(with_images, rows, lambda: pytest.fail("drawn, though the file has them"))
    np.testing.assert_array_equal(sampled_images(dropped, rows, lambda: generator), wanted)


def test_fingerprint_depends_on_generator_and_seed_and_not_on_the_count():
    def fingerprint(*overrides):
        return plan_sample(load_recipe("known-axes", (*SMALL, *overrides))).fingerprint

    assert fingerprint("sample.count=5") == fingerprint("sample.count=6")
    assert fingerprint("sample.seed=1") != fingerprint()
    assert fingerprint("known_axes.seed=1") != fingerprint()
