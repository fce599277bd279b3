"""Photographs of a run's faces to edit; the commands' tests say the rest."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from pipelines.editing.photographs import PhotographSearch, edit_photograph, note_of_photograph
from pipelines.recipe.load import load_recipe
from pipelines.runs.finished_run import open_run, seeded_latents
from tlgan.editing.edit_texts import EditTexts

pytestmark = pytest.mark.network


def test_edit_begins_at_the_latent_found_and_is_pasted_back(finished, tmp_path):
    recipe = load_recipe(str(finished))
    run = open_run(recipe)
    Image.fromarray(run.draw(seeded_latents(run, [3]))[0]).resize((64, 64)).save(tmp_path / "me.png")
    search = PhotographSearch(aligned=True, steps=20, starts=2)
    texts = EditTexts(changes=("Smiling=+0.5",))
    edited = edit_photograph(recipe, run, tmp_path / "me.png", search, texts, tune=False)
    assert edited.run is run
    np.testing.assert_allclose(edited.latents[0], edited.inverted.latent, rtol=1e-4)
    np.testing.assert_allclose(edited.images, run.draw(edited.latents), atol=1)
    assert edited.paste("change").shape == (64, 64, 3)
    note = note_of_photograph(run, "edit", edited.inverted, search, edit=edited.asked.texts)
    assert (note.seeds, note.options) == ((), {"steps": 20, "starts": 2})
    assert note.edit["changes"] == ("Smiling=+0.5",)
