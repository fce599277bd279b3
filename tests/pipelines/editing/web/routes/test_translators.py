"""Routes of the page of translators: what the page gets, and what is refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from pipelines.editing.web import security
from pipelines.editing.web.app import create_app
from pipelines.editing.web.security import RateLimiter
from pipelines.editing.web.translators.offered import OfferedTranslators
from tests.pipelines.editing.web.test_photographs import photograph_bytes
from tests.pipelines.painting_translator import painting_translator

BYTES = "application/octet-stream"
FACE = {"state": {"start": {"seed": 7}}}


@pytest.fixture
def translating(tones_run, tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path / "home"))
    translators = OfferedTranslators(["smile"], lambda name: painting_translator())
    client = create_app(tones_run, rate=RateLimiter(1e6, 1e6), translators=translators).test_client()
    client.environ_base |= {"HTTP_X_TLGAN": "editor", "HTTP_HOST": "127.0.0.1:8642"}
    return client


def asked(source=FACE, values=None, translator="smile"):
    return {"translator": translator, "source": source, "values": values or {}}


def opened(client):
    response = client.post("/api/translate/photographs", data=photograph_bytes(), content_type=BYTES)
    assert response.status_code == 200
    return response.get_json()


def test_the_page_and_its_translators_are_served(translating):
    assert b"translate.js" in translating.get("/translate").data
    assert translating.get("/api/run").get_json()["translators"] == ["smile"]


def test_a_face_is_shown_redrawn_and_changed(translating):
    shown = translating.post("/api/translate", json=asked()).get_json()
    assert shown["conditions"] == [{"name": "Smiling", "kind": "binary", "unit": "", "levels": [0, 1]}]
    assert shown["blends"] is True
    assert shown["values"] == shown["own"]
    assert shown["changed"] == shown["redrawn"]
    for name in ("original", "redrawn", "changed"):
        assert shown[name].startswith("data:image/webp;base64,")
    changed = translating.post(
        "/api/translate", json=asked(values={"Smiling": 1 - shown["own"][0]})
    ).get_json()
    assert changed["changed"] != changed["redrawn"] == shown["redrawn"]
    assert changed["words"].startswith("Smiling from ")


def test_an_edit_of_the_face_comes_first(translating):
    edited = asked({"state": {"start": {"seed": 7}, "changes": {"Smiling": 3.0}}})
    pictures = [
        translating.post("/api/translate", json=one).get_json()["original"] for one in (asked(), edited)
    ]
    assert pictures[0] != pictures[1]


def test_a_photograph_is_opened_changed_and_closed(translating):
    found = opened(translating)
    assert found["note"].startswith("Taken as aligned already")
    source = {"photograph": found["key"]}
    assert translating.post("/api/translate", json=asked(source, {"Smiling": 1})).status_code == 200
    response = translating.post("/api/translate/pasted.png", json=asked(source, {"Smiling": 1}))
    picture = Image.open(io.BytesIO(response.data))
    assert (picture.size, response.mimetype) == ((64, 64), "image/png")
    assert '"Smiling": 1.0'.replace(" ", "") in picture.info["tlgan"].replace(" ", "")
    assert (np.asarray(picture)[0] == (110, 100, 90)).all()  # the edge stays
    assert translating.delete(f"/api/translate/photographs/{found['key']}").status_code == 200
    response = translating.post("/api/translate", json=asked(source))
    assert (response.status_code, "no longer open" in response.get_json()["error"]) == (422, True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (asked(translator="other"), "`translator` must be one of smile"),
        (asked(translator={}), "`translator` must be one of smile"),
        (asked({"photograph": 3}), "`source` must be"),
        (asked({"state": {"start": {"seed": 7}}, "photograph": "a"}), "`source` must be"),
        (asked({"photograph": "0" * 32}), "no longer open"),
        (asked("face"), "`source` must be an object"),
        (asked({"state": {"start": {"seed": -1}}}), "A seed must be"),
        (asked(values={"Glasses": 1}), "This translator changes Smiling. Got 'Glasses'"),
        (asked(values={"Smiling": "much"}), "must be a finite number"),
        (asked(values={"Smiling": True}), "must be a finite number"),
        (asked(values={"Smiling": 99}), "within ±10"),
        (asked(values=[1]), "`values` must be an object"),
        ([1], "must be a JSON object"),
    ],
)
def test_bad_requests_are_a_sentence(translating, content, words):
    for path in ("/api/translate", "/api/translate/pasted.png"):
        response = translating.post(path, json=content)
        assert response.status_code == 422
        assert words in response.get_json()["error"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a text", "The photograph: is no image"),
        (photograph_bytes(4), "at least 20 pixels"),
        (b"", "is no image"),
    ],
)
def test_what_is_no_photograph_is_a_sentence(translating, content, words):
    response = translating.post("/api/translate/photographs", data=content, content_type=BYTES)
    assert (response.status_code, words in response.get_json()["error"]) == (422, True)
    response = translating.post("/api/translate/photographs", json={"a": 1})
    assert "must be the bytes of a photograph" in response.get_json()["error"]


def test_a_photograph_alone_may_be_long(translating, monkeypatch):
    padded = photograph_bytes() + b"\0" * security.MAX_REQUEST_BYTES
    path = "/api/translate/photographs"
    assert translating.post(path, data=padded, content_type=BYTES).status_code == 200
    monkeypatch.setattr(security, "MAX_PHOTOGRAPH_BYTES", 2**17)
    assert translating.post(path, data=b"\0" * 2**18, content_type=BYTES).status_code == 413
    response = translating.post("/api/translate", data=padded, content_type="application/json")
    assert response.status_code in (413, 422)


def test_other_pages_translate_nothing(translating):
    for headers in ({"Origin": "http://evil.example"}, {"X-Tlgan": ""}):
        for path in ("/api/translate", "/api/translate/pasted.png", "/api/translate/photographs"):
            assert translating.post(path, json=asked(), headers=headers).status_code == 403


def test_an_editor_without_translators_offers_none(client):
    assert client.get("/api/run").get_json()["translators"] == []
    response = client.post("/api/translate", json=asked())
    assert response.status_code == 422
    assert "offers no translators" in response.get_json()["error"]
