"""Faces of photographs: found, tuned for, and pasted back without a change elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from data.images.paste import paste_mask
from data.images.similarity import Similarity
from models.inversion.inverter import SearchOptions
from models.inversion.pivotal_tuning import TuningOptions
from models.loaders.generator import load_generator
from pipelines.inversion.open_inverter import open_inverter
from pipelines.inversion.photograph_faces import drawn_by, invert_face, paste_face, tune_for_face
from pipelines.recipe.load import load_recipe
from pipelines.sources.photographs import AlignedFace, Photograph
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents

pytestmark = pytest.mark.network


@pytest.fixture
def opened(toy_recipe):
    recipe = load_recipe(str(toy_recipe))
    return open_inverter(recipe, load_generator(recipe.sample.generator, batch=8))


@pytest.fixture
def inverted(opened):
    """A picture of the generator in the middle of a grey photograph, and the latent that was found for it."""
    crop = opened.inverter.objective.generator(draw_latents(0, 1, 8, seed=5))[0]
    pixels = np.full((60, 80, 3), 90, np.uint8)
    face = AlignedFace(crop, Similarity(24 * np.exp(0.2j), 30 + 15j))
    return invert_face(opened, Photograph(pixels), face, SearchOptions(steps=40, starts=4))


def test_face_is_found_and_measured(inverted):
    assert inverted.drawn.shape == (8, 8, 3)
    assert inverted.likeness.psnr > 15
    assert inverted.found.steps[-1] == 40


@pytest.mark.parametrize("how", ["change", "crop"])
def test_no_pixel_outside_the_mask_changes(inverted, how):
    edited = 255 - inverted.drawn
    pasted, pixels = paste_face(inverted, edited, how), inverted.photograph.pixels
    outside = paste_mask(60, 80, inverted.face.placement) == 0
    np.testing.assert_array_equal(pasted[outside], pixels[outside])
    assert (pasted[~outside] != pixels[~outside]).any()


def test_an_edit_of_nothing_changes_nothing(inverted):
    np.testing.assert_array_equal(paste_face(inverted, inverted.drawn, "change"), inverted.photograph.pixels)


def test_another_way_to_paste_is_refused(inverted):
    with pytest.raises(UserError, match="`paste` must be change or crop"):
        paste_face(inverted, inverted.drawn, "glue")


def test_a_tuned_generator_is_written_and_comes_nearer(opened, inverted, toy_weights, tmp_path, monkeypatch):
    monkeypatch.setattr(TuningOptions, "__init__", _few_steps(TuningOptions.__init__))
    path = tmp_path / "me.generator.h5"
    generator = tune_for_face(opened, toy_weights / "toy.generator.h5", inverted, path)
    assert load_generator(path).sha256 == generator.sha256 != opened.inverter.objective.generator.sha256
    assert drawn_by(opened, inverted, generator).likeness.psnr > inverted.likeness.psnr - 0.5
    kept = tune_for_face(opened, toy_weights / "toy.generator.h5", inverted, None)
    assert kept.sha256 == generator.sha256  # the same tuning, in memory alone


def _few_steps(initialise):
    def changed(self, steps=40, **options):
        initialise(self, steps=40, **options)

    return changed
