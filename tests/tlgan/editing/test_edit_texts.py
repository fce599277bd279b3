"""Edits as options ask for them, by either method."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.tlgan.editing.bent_axes import bent_latents, make_bent_axes
from tlgan.editing.edit_latents import edit_latents
from tlgan.editing.edit_texts import EditTexts, edit_by_texts
from tlgan.editing.predictions import predictions
from tlgan.errors import UserError


@pytest.mark.parametrize(("method", "tolerance"), [(None, 0.001), ("local", 0.001), ("straight", 1e-9)])
def test_a_probability_is_that_of_the_method_at_hand(method, tolerance):
    axes = make_bent_axes()
    asked = edit_by_texts(
        axes, bent_latents(), EditTexts(("Smiling=0.6",), ("Age=42",), ("Male",), method=method)
    )
    assert asked.method == (method or "local")
    np.testing.assert_array_equal(asked.before, predictions(axes, bent_latents(), asked.method))
    np.testing.assert_array_equal(asked.after, predictions(axes, asked.edited.latents, asked.method))
    np.testing.assert_allclose(1 / (1 + np.exp(-asked.after[:, 0])), 0.6, atol=tolerance)
    np.testing.assert_allclose(asked.after[:, 3], 42.0, atol=30 * tolerance)
    np.testing.assert_allclose(asked.after[:, 1], asked.before[:, 1], atol=2 * tolerance)
    assert asked.roles == {"Smiling": "edited", "Age": "edited", "Male": "locked"}


def test_the_base_is_held_by_straight_edits_alone():
    axes = dataclasses.replace(make_bent_axes(), base=("Young",), method="project")
    for texts, held in (
        (EditTexts(("Smiling=+1",)), False),
        (EditTexts(("Smiling=+1",), method="straight"), True),
        (EditTexts(("Smiling=+1",), free_base=True, method="straight"), False),
    ):
        assert ("Young" in edit_by_texts(axes, bent_latents(), texts).roles) == held


def test_strictness_and_lists_of_locks_are_passed_on():
    axes, latents = make_bent_axes(), bent_latents()
    asked = edit_by_texts(axes, latents, EditTexts(("Smiling=+1",), locks=("Male, Age",), strictness=5.0))
    moved = edit_latents(axes, latents, {"Smiling": 1.0}, lock=["Male", "Age"], strictness=5.0)
    np.testing.assert_array_equal(asked.edited.latents, moved)


def test_an_edit_that_stops_has_its_sentences():
    asked = edit_by_texts(make_bent_axes(), bent_latents()[:1], EditTexts(("Smiling=+99",)))
    assert asked.edited.sentences[0].startswith("Smiling changed by +")


@pytest.mark.parametrize(
    ("texts", "asks"),
    [
        (EditTexts(), False),
        (EditTexts(method="straight", free_base=True), False),
        (EditTexts(("a=1",)), True),
        (EditTexts(targets=("a=1",)), True),
        (EditTexts(locks=("a",)), True),
    ],
)
def test_texts_ask_for_an_edit(texts, asks):
    assert texts.ask_for_an_edit == asks


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (EditTexts(), "something to edit"),
        (EditTexts(locks=("Male",)), "something to edit"),
        (EditTexts(("Smiling=+1",), locks=("Mail",)), "Did you mean 'Male'"),
        (EditTexts(("Smiling=+1",), method="arc"), "one of local, straight"),
        (EditTexts(("Smiling=+1",), strictness=-2.0), "at least 0"),
    ],
)
def test_edit_by_texts_refuses(texts, message):
    with pytest.raises(UserError, match=message):
        edit_by_texts(make_bent_axes(), bent_latents(), texts)
