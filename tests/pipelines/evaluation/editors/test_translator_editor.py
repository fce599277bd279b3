"""Translators as editors: what a translator is told of each face."""

from __future__ import annotations

import numpy as np
import pytest

from models.networks.translators.conditions import Condition
from pipelines.evaluation.editors.editor import Editor, Faces
from pipelines.evaluation.editors.translator_editor import TranslatorEditor
from tlgan.errors import UserError

CONDITIONS = (
    Condition("Smiling", "binary", "", (0.0, 1.0)),
    Condition("Light", "continuous", "", (-1.0, 1.0)),
    Condition("Person", "categorical", "", (0.0, 1.0, 2.0)),
)
VALUES = {"Smiling": np.array([0.0, 1.0]), "Light": np.array([0.5, -0.5]), "Person": np.array([2.0, 0.0])}
FACES = Faces(np.zeros((2, 8, 8, 3), np.uint8), VALUES)


class Told:
    """A translator that draws nothing, and remembers what it was told."""

    conditions = CONDITIONS

    def __call__(self, images, condition):
        self.condition = condition
        return images


@pytest.fixture
def told():
    return Told()


def test_amounts_are_added_to_what_the_face_has(told):
    editor = TranslatorEditor("Fader", told)
    assert isinstance(editor, Editor)
    assert editor(FACES, "Smiling", np.array([1.0, -2.0])).shape == (2, 8, 8, 3)
    assert told.condition.tolist() == [[1.0, 0.5, 2.0], [-1.0, -0.5, 0.0]]


def test_faces_become_one_person(told):
    TranslatorEditor("DeepFakes", told).towards(FACES, "Person", 1)
    assert told.condition.tolist() == [[0.0, 0.5, 1.0], [1.0, -0.5, 1.0]]


def test_of_a_category_there_is_no_more_or_less(told):
    editor = TranslatorEditor("DeepFakes", told)
    assert editor.attributes == ("Smiling", "Light")
    with pytest.raises(UserError, match=r"one of Smiling, Light for DeepFakes. Got 'Person'"):
        editor(FACES, "Person", np.zeros(2))


def test_faces_of_unknown_values_are_refused(told):
    with pytest.raises(UserError, match="`values` must have Light"):
        TranslatorEditor("Fader", told)(Faces(FACES.images, {"Smiling": np.zeros(2)}), "Smiling", np.zeros(2))
