"""Requests that were made to break the server are refused in a sentence, with status 422."""

from __future__ import annotations

import json

import pytest

START = '{"state":{"start":{"seed":1}'
BODIES = {
    "arrays": "[" * 30_000,
    "objects": '{"a":' * 12_000,
    "nothing": "",
    "cut": "{",
    "list": "[]",
    "null": "null",
    "no text": b"\xff\xfe\x00",
    "digits": '{"ticket":' + "9" * 5_000 + "}",
    "not a number": START + ',"changes":{"Smiling":NaN}}}',
    "infinity": START + ',"morph":-Infinity}}',
    "large": START + ',"changes":{"Smiling":1e999}}}',
    "deep state": START + ',"changes":{"Smiling":' + "[" * 500 + "]" * 500 + "}}}",
    "deep name": START + ',"more":' + "[" * 50 + "]" * 50 + "}}",
    "surrogate": START + ',"changes":{"\\ud800":1}}}',
}
ROUTES = ("draw", "strip", "grid", "animation", "picture.png", "latent.npy", "gallery")


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_hostile_bodies_are_refused(client, route, body):
    response = client.post(f"/api/{route}", data=body, content_type="application/json")
    assert response.status_code == 422
    assert len(response.get_json()["error"]) < 600


def test_the_type_of_the_body_must_be_json(client):
    assert client.post("/api/draw", data=START + "}}", content_type="text/plain").status_code == 422
    assert client.post("/api/draw", data=START + "}}", content_type="application/json").status_code == 200


@pytest.mark.parametrize("kind", ["axis", "edit", "morph"])
@pytest.mark.parametrize(
    "more", [{}, {"axis": "Smiling"}, {"axis": ["Smiling"]}, {"axis": "Smiling", "format": []}]
)
def test_animations_without_steps_are_refused(client, kind, more):
    state = {"start": {"seed": 1}, "changes": {"Smiling": 1e6}, "locks": {"Male": 1e6}}
    response = client.post("/api/animation", json={"state": state, "kind": kind, **more})
    assert response.status_code in (200, 422)  # in normal space every change can be reached
    assert client.post("/api/animation", json={"kind": kind, **more}).status_code == 422


def test_a_path_without_any_step_is_a_sentence(client, monkeypatch):
    from pipelines.editing.web.request import FaceEdit
    from tlgan.errors import UserError

    def out_of_reach(*_, **__):
        raise UserError("out of reach")

    monkeypatch.setattr(FaceEdit, "trace", out_of_reach)
    content = {"state": {"start": {"seed": 1}}, "kind": "axis", "axis": "Smiling"}
    response = client.post("/api/animation", json=content)
    assert response.status_code == 422
    assert "No step along Smiling can be reached" in response.get_json()["error"]


def test_responses_never_hold_what_is_no_json(editor):
    with editor.app_context(), pytest.raises(ValueError, match="not JSON compliant"):
        editor.json.dumps({"value": float("nan")})
    assert json.loads(editor.json.dumps({"value": 1.5})) == {"value": 1.5}
