"""The best of several drawn faces by the discriminator's score."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.recipe.load import load_recipe
from pipelines.sources.best_faces import best_rows, discriminator_source, shown_latents
from pipelines.sources.generators import generator_source
from pipelines.sources.source import Source
from tlgan.latents.sampling import draw_latents


def draw(latents):
    """A picture of one pixel: the first number of its latent, as a grey level."""
    return np.clip(128 + 40 * latents[:, None, None, :1], 0, 255).astype(np.uint8).repeat(3, axis=3)


class Score:
    """Brightness, less a part that a group of four has in common, as a real discriminator's score."""

    def __init__(self):
        self.groups = []

    def __call__(self, images):
        levels = images[:, 0, 0, 0].astype(float).reshape(-1, 4)
        self.groups += levels.tolist()
        return (levels - 3 * levels.mean(axis=1, keepdims=True)).ravel()


@pytest.mark.parametrize("best_of", [1, 2, 4, 6, 8])
def test_the_brightest_of_each_choice_is_shown(best_of):
    latents = draw_latents(0, 3 * best_of, 5, space="normal", seed=1)
    rows = best_rows(draw, lambda images: images.mean(axis=(1, 2, 3)), latents, best_of)
    expected = latents[:, 0].reshape(3, best_of).argmax(axis=1) + best_of * np.arange(3)
    np.testing.assert_array_equal(rows, expected)


@pytest.mark.parametrize("best_of", [2, 3, 4])
def test_a_choice_depends_on_its_own_latents_alone(best_of):
    """Scores are compared within one group of four; the faces of other choices are never in it."""
    latents = draw_latents(0, 3 * best_of, 5, space="normal", seed=2)
    score = Score()
    together = best_rows(draw, score, latents, best_of)
    assert [set(group) for group in score.groups] == [
        set(draw(part)[:, 0, 0, 0].tolist()) for part in np.split(latents, 3)
    ]
    alone = [best_rows(draw, Score(), part, best_of)[0] for part in np.split(latents, 3)]
    np.testing.assert_array_equal(together, alone + best_of * np.arange(3))


class Generator:
    latent_dim, latent_space = 5, "normal"

    def __call__(self, latents):
        return draw(latents)


def test_shown_latents_are_rows_of_the_table_of_their_seed():
    recipe, brightness = load_recipe("celeba64"), Source("d", "", lambda _: lambda images: images[:, 0, 0, 0])
    table = draw_latents(0, 8, 5, space="normal", seed=11)
    shown = shown_latents(recipe, Generator(), brightness, 2, 11, 4)
    np.testing.assert_array_equal(shown, table[[table[:4, 0].argmax(), 4 + table[4:, 0].argmax()]])
    more = shown_latents(recipe, Generator(), brightness, 5, 11, 4)
    np.testing.assert_array_equal(more[:2], shown)
    np.testing.assert_array_equal(shown_latents(recipe, Generator(), None, 2, 11, 4), table[:2])


def test_the_discriminator_lies_beside_its_generator(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    for name, there in (("celeba64", True), ("known-axes", False)):
        recipe = load_recipe(name)
        found = discriminator_source(recipe, generator_source(recipe))
        assert (found is not None) == there
    assert found is None
    lone = tmp_path / "lone.generator.h5"
    lone.write_bytes(b"")
    recipe = load_recipe("celeba64", (f"sample.generator='{lone}'",))
    assert discriminator_source(recipe, Source("lone", "", lambda _: None, lone)) is None
    lone.with_name("lone.discriminator.h5").write_bytes(b"")
    beside = discriminator_source(recipe, Source("lone", "", lambda _: None, lone))
    assert beside.weights == tmp_path / "lone.discriminator.h5"
