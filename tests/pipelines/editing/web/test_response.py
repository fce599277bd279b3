"""Responses as JSON: descriptions, values by name, pictures and latents."""

from __future__ import annotations

import base64
import dataclasses
import json

import numpy as np
import pytest

from pipelines.editing.web.renderer import Face, Ticket
from pipelines.editing.web.request import FaceEdit
from pipelines.editing.web.response import (
    SLIDER_REACH,
    describe_drawing,
    describe_run,
    encode_latent,
    large_uri,
    picture_uri,
    values_by_name,
)


def face_of(run, latent: np.ndarray) -> Face:
    images = run.draw(latent[None])
    return Face(images[0], run.read(latent[None], images)[0])


def test_describe_run_has_sliders_around_the_mean(tones_run):
    described = json.loads(json.dumps(describe_run(tones_run), allow_nan=False))
    assert (described["name"], described["generator"], described["resolution"]) == ("tones", "tones", 8)
    male, _, glasses, other = described["axes"]
    assert described["methods"] == ["straight"]
    assert male["sliders"] == {"straight": {"least": -SLIDER_REACH, "largest": SLIDER_REACH, "step": 0.5}}
    assert (male["verdict"], male["unit"], other["unit"]) == ("", "logit", "mm")
    assert (glasses["verdict"], glasses["reason"]) == ("weak", "Only AUC 0.60.")


def test_describe_run_has_sliders_of_each_method_within_what_edits_reach(tones_run_with_regressor):
    run = tones_run_with_regressor
    regressor = dataclasses.replace(
        run.axes.regressor,
        offsets=np.array([1.0, 0.0, 0.0]),
        scales=np.array([2.0, 1.0, 1.0]),
        highest=np.array([4.0, 10.0, 10.0]),
    )
    run.axes = dataclasses.replace(run.axes, regressor=regressor)
    described = describe_run(run)
    male, _, _, other = described["axes"]
    assert described["methods"] == ["local", "straight"]
    assert male["sliders"]["local"] == {"least": 1 - 2 * SLIDER_REACH, "largest": 4.0, "step": 1.0}
    assert male["sliders"]["straight"]["largest"] == SLIDER_REACH
    assert other["sliders"]["local"] == other["sliders"]["straight"]  # which the regressor does not know


def test_describe_drawing_has_values_before_and_after(tones_run):
    edit = FaceEdit(np.eye(8)[3], {"Smiling": 1.0}, {})
    edited = edit.trace(tones_run.axes)
    faces = [face_of(tones_run, latent) for latent in (edit.start, edited.latents[0])]
    described = describe_drawing(tones_run.axes, edit, edited, faces, Ticket("a", 4))
    drawn = json.loads(json.dumps(described))
    assert (drawn["ticket"], drawn["stopped"]) == (4, "")
    assert drawn["start_values"] == {"Male": 0, "Smiling": 0, "Eyeglasses": 0, "Unheard_Of": 1}
    assert drawn["values"] == drawn["start_values"] | {"Smiling": 1.0}
    assert drawn["scores"]["Unheard_Of"] is None
    assert drawn["scores"]["Smiling"] == pytest.approx(1.0)
    assert drawn["degrees"] == pytest.approx(45)
    assert drawn["latent"] == encode_latent(edited.latents[0])


def test_values_by_name_have_none_for_nan(tones_run):
    values = values_by_name(tones_run.axes, np.array([1.0, np.nan, 0.0, -2.0]))
    assert values == {"Male": 1.0, "Smiling": None, "Eyeglasses": 0.0, "Unheard_Of": -2.0}


def test_encode_latent_is_float32_that_an_address_may_hold():
    latent = np.random.default_rng(0).standard_normal(16)
    text = encode_latent(latent)
    assert "+" not in text
    assert "/" not in text
    np.testing.assert_array_equal(np.frombuffer(base64.urlsafe_b64decode(text), "<f4"), latent.astype("f4"))


def test_pictures_are_addresses(tones_run):
    face = face_of(tones_run, np.zeros(8))
    assert base64.b64decode(picture_uri(face).removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
    assert base64.b64decode(large_uri(face).removeprefix("data:image/webp;base64,"))[8:12] == b"WEBP"
