"""Edits by the gradient of generator and labeller: they reach what they are asked for, and say where they cannot."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image

from pipelines.images.picture_note import read_note
from pipelines.recipe.load import load_recipe
from pipelines.runs.exact_scores import edit_run, exact_axes
from pipelines.runs.finished_run import open_run, seeded_latents
from tlgan.editing.edit_texts import EditTexts
from tlgan.errors import UserError

pytestmark = pytest.mark.network


@pytest.fixture
def recipe(finished):
    return load_recipe(str(finished))


@pytest.fixture
def run(recipe):
    return open_run(recipe)


def test_an_exact_edit_changes_the_labellers_own_score(run, recipe):
    start, row = seeded_latents(run, [3, 4]), run.axes.index("Smiling")
    spread = exact_axes(run, recipe).regressor.scales[row]
    texts = EditTexts(
        changes=(f"Smiling={0.3 * spread:+.6f}",), locks=("Bald",), method="exact", strictness=0.0
    )
    asked = edit_run(run, recipe, start, texts)
    assert asked.texts.method == asked.method == "exact"
    assert "" in asked.edited.stopped  # the networks are random, and bend sharply
    before, after = (run.read(latents, run.draw(latents)) for latents in (start, asked.edited.latents))
    np.testing.assert_allclose(after - before, asked.after - asked.before, atol=0.1)  # pictures are rounded
    reached = [reason == "" for reason in asked.edited.stopped]
    np.testing.assert_allclose((asked.after - asked.before)[reached, row], 0.3 * spread, atol=0.01 * spread)


def test_other_methods_do_not_open_the_networks(run, recipe, monkeypatch):
    monkeypatch.setattr("pipelines.runs.exact_scores.exact_axes", None)
    asked = edit_run(run, recipe, seeded_latents(run, [3]), EditTexts(changes=("Smiling=+0.1",)))
    assert asked.method == "straight"


def test_commands_take_the_method_and_write_it_into_the_picture(finished, command, tmp_path):
    edit = ("edit", finished, "--seed", 3, "--set", "Smiling=+0.05", "--method", "exact")
    status, printed, error = command(*edit, "--out", tmp_path / "e.png")
    assert (status, error) == (0, "")
    assert "says the" not in printed
    assert read_note(tmp_path / "e.png").edit["method"] == "exact"
    strip = ("strip", finished, "--axis", "Smiling", "--seeds", 3, "--steps", 3, "--reach", 0.1, "--scale", 1)
    assert command(*strip, "--method", "exact", "--out", tmp_path / "s.png")[0] == 0
    assert Image.open(tmp_path / "s.png").size == (24, 8)


def test_a_run_without_labels_says_how_to_make_them(run, recipe, home):
    (labels,) = (home / "artifacts").glob("labels-*.h5")
    labels.unlink()
    with pytest.raises(UserError, match="python -m pipelines label toy"):
        exact_axes(run, recipe)


def test_labels_by_hand_have_no_gradient(run, recipe):
    with pytest.raises(UserError, match="must have a labeller that reads pictures"):
        exact_axes(dataclasses.replace(run, labellers=()), recipe)
