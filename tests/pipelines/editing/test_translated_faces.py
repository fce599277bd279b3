"""Values of attributes from texts, and faces changed by a translator whose drawings are known."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.editing.translated_faces import (
    describe_change,
    note_of_translation,
    parse_values,
    translate_face,
)
from pipelines.sources.photographs import Photograph, align_face
from tests.pipelines.painting_translator import AGE, PERSON, SIDE, SMILING, painted, painting_translator
from tlgan.errors import UserError

CONDITIONS = (SMILING, AGE, PERSON)


def translated(translator, picture, values):
    photograph = Photograph(picture)
    return translate_face(translator, photograph, align_face(photograph, 1, SIDE), values)


def test_a_face_is_redrawn_as_it_is_and_changed_as_asked():
    translator = painting_translator()
    face = translated(translator, painted(0, 255, 0), {"Smiling": 0.0})
    assert (face.own, face.condition) == ([1.0], [0.0])
    np.testing.assert_array_equal(face.drawn, painted(0, 255, 0))
    np.testing.assert_array_equal(face.changed, painted(255, 0, 0))
    assert face.likeness.psnr == np.inf
    assert describe_change(translator.conditions, face) == "Smiling from 1 to 0."


def test_attributes_that_are_not_set_stay():
    translator = painting_translator(SMILING, AGE)
    assert translated(translator, painted(0, 255, 0), {"Age": 60.0}).condition.tolist() == [1.0, 60.0]
    assert translated(translator, painted(255, 0, 0), {"Age": 60.0}).condition.tolist() == [0.0, 60.0]


def test_a_change_is_pasted_into_a_larger_photograph():
    face = translated(painting_translator(), painted(0, 255, 0, side=64), {"Smiling": 0.0})
    pasted = face.paste("change")
    assert pasted.shape == (64, 64, 3)
    assert (pasted[0] == 120).all()
    assert pasted[32, 32].tolist() == [255, 0, 0]
    with pytest.raises(UserError, match="must be change or crop"):
        face.paste("off")


def test_a_value_beyond_the_levels_says_as_what_it_is_drawn():
    translator = painting_translator(AGE)
    face = translated(translator, painted(255, 0, 0), {"Age": 99.0})
    assert describe_change(translator.conditions, face) == (
        "Age from 20 to 99 (drawn as 60; known are 20 to 60)."
    )


def test_the_note_holds_the_values():
    translator = painting_translator()
    note = note_of_translation(translator, translated(translator, painted(0, 255, 0), {}), "crop")
    assert note.options == {"condition": {"Smiling": 1.0}, "paste": "crop"}
    assert (note.command, note.generator_sha256) == ("translate", translator.sha256)


def test_values_are_parsed():
    assert parse_values(CONDITIONS, ["Smiling=1.5", "Age=3.5e+1", "Person=2"]) == {
        "Smiling": 1.5,
        "Age": 35.0,
        "Person": 2.0,
    }
    assert parse_values(CONDITIONS, []) == {}


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["Smiling"], r"must be NAME=VALUE.*Got 'Smiling'"),
        (["Smiling=much"], r"must be NAME=VALUE"),
        (["Smiling=+1"], r"without a plus sign"),
        (["Smiling=nan"], r"must be NAME=VALUE"),
        (["Smiling=inf"], r"must be NAME=VALUE"),
        (["=1"], r"changes Smiling, Age, Person. Got ''"),
        (["Glasses=1"], r"changes Smiling, Age, Person. Got 'Glasses'"),
        (["Smiling=0", "Smiling=1"], r"'Smiling' is there twice"),
        (["Smiling=11"], r"`Smiling` must be 0 or 1, or within ±10. Got 11"),
        (["Person=1"], r"`Person` must be one of 0, 2, 5. Got 1"),
    ],
)
def test_bad_texts_are_refused(texts, words):
    with pytest.raises(UserError, match=words):
        parse_values(CONDITIONS, texts)
