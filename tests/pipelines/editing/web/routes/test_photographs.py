"""Routes of photographs: what the page gets, and what is refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from pipelines.editing.web import security
from pipelines.editing.web.app import create_app
from pipelines.editing.web.response import encode_latent
from pipelines.editing.web.security import MAX_PHOTOGRAPH_BYTES, RateLimiter
from tests.pipelines.editing.web.test_photographs import LATENT, flat_store, photograph_bytes

BYTES = "application/octet-stream"
STATE = {"start": {"latent": encode_latent(LATENT)}, "changes": {"Smiling": 1.0}}


@pytest.fixture
def photo_client(tones_run, tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path / "home"))
    client = create_app(tones_run, rate=RateLimiter(1e6, 1e6), store=flat_store()).test_client()
    client.environ_base |= {"HTTP_X_TLGAN": "editor", "HTTP_HOST": "127.0.0.1:8642"}
    return client


def opened(client):
    response = client.post("/api/photographs", data=photograph_bytes(), content_type=BYTES)
    assert response.status_code == 200
    return response.get_json()


def test_an_opened_photograph_is_a_latent_and_two_pictures(photo_client):
    assert photo_client.get("/api/run").get_json()["photographs"] is True
    found = opened(photo_client)
    assert found["latent"] == encode_latent(LATENT)
    for name in ("original", "reconstruction"):
        assert found[name].startswith("data:image/png;base64,")
    assert found["likeness"]["text"].startswith("PSNR ")
    assert found["likeness"]["identity_distance"] is None


def test_an_edit_is_compared_and_pasted_back(photo_client):
    key = opened(photo_client)["key"]
    compared = photo_client.post(f"/api/photographs/{key}/edit", json={"state": STATE}).get_json()
    assert compared["edit"].startswith("data:image/png;base64,")
    assert compared["likeness"]["text"].startswith("PSNR ")
    response = photo_client.post(f"/api/photographs/{key}/pasted.png", json={"state": STATE})
    pasted = np.asarray(Image.open(io.BytesIO(response.data)))
    assert (pasted.shape, response.mimetype) == ((64, 64, 3), "image/png")
    assert (pasted[0] == (110, 100, 90)).all()  # the edge stays
    assert (pasted[32, 32] != (110, 100, 90)).any()


def test_a_closed_photograph_is_gone(photo_client):
    key = opened(photo_client)["key"]
    assert photo_client.delete(f"/api/photographs/{key}").get_json() == {"closed": key}
    response = photo_client.post(f"/api/photographs/{key}/edit", json={"state": STATE})
    assert (response.status_code, "no longer open" in response.get_json()["error"]) == (422, True)


def test_what_is_no_photograph_is_a_sentence(photo_client):
    response = photo_client.post("/api/photographs", data=b"a text", content_type=BYTES)
    assert response.status_code == 422
    assert response.get_json()["error"].startswith("The photograph: is no image")
    response = photo_client.post("/api/photographs", json={"a": 1})
    assert "must be the bytes of a photograph" in response.get_json()["error"]


def test_a_photograph_alone_may_be_long(photo_client, monkeypatch):
    padded = photograph_bytes() + b"\0" * security.MAX_REQUEST_BYTES
    assert photo_client.post("/api/photographs", data=padded, content_type=BYTES).status_code == 200
    monkeypatch.setattr(security, "MAX_PHOTOGRAPH_BYTES", 2**17)
    response = photo_client.post("/api/photographs", data=b"\0" * 2**18, content_type=BYTES)
    assert response.status_code == 413
    key = opened(photo_client)["key"]
    for path in (f"/api/photographs/{key}/edit", "/api/draw"):
        assert photo_client.post(path, data=padded, content_type="application/json").status_code in (413, 422)
    assert MAX_PHOTOGRAPH_BYTES == 2**24


def test_other_pages_open_no_photograph(photo_client):
    for headers in ({"Origin": "http://evil.example"}, {"X-Tlgan": ""}):
        response = photo_client.post(
            "/api/photographs", data=photograph_bytes(), content_type=BYTES, headers=headers
        )
        assert response.status_code == 403


def test_an_editor_without_a_store_opens_none(client):
    assert client.get("/api/run").get_json()["photographs"] is False
    response = client.post("/api/photographs", data=photograph_bytes(), content_type=BYTES)
    assert "opens no photographs" in response.get_json()["error"]
