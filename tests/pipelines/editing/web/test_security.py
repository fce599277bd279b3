"""Whose requests are served, how large and how often."""

from __future__ import annotations

import pytest

from pipelines.editing.web.app import create_app
from pipelines.editing.web.security import MAX_REQUEST_BYTES, RateLimiter


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8642", "192.168.0.7:8642"])
def test_other_host_names_are_refused(client, host):
    assert client.get("/api/run", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8642", "127.0.0.1", "[::1]:8642"])
def test_own_host_names_are_served(client, host):
    assert client.get("/api/run", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9"])
def test_other_pages_are_refused(client, origin):
    response = client.post("/api/draw", json={}, headers={"Origin": origin})
    assert response.status_code == 403


def test_posts_without_the_pages_own_header_are_refused(editor):
    client = editor.test_client()
    assert client.post("/api/draw", json={}, headers={"Host": "localhost"}).status_code == 403


def test_too_large_a_request_is_refused(client):
    response = client.post("/api/draw", data=b"x" * (MAX_REQUEST_BYTES + 1), content_type="application/json")
    assert response.status_code in (413, 422)


def test_too_many_requests_are_refused_until_time_has_passed():
    rate = RateLimiter(per_second=2, burst=3)
    assert [rate.allows("a", now=0.0) for _ in range(4)] == [True, True, True, False]
    assert rate.allows("b", now=0.0)
    assert rate.allows("a", now=0.6)


def test_token_is_required_of_every_request(tones_run):
    client = create_app(tones_run, token="secret").test_client()
    headers = {"Host": "192.168.0.7:8642"}
    for path in ("/", "/api/run", "/static/editor.js", "/?token=guess", "/api/run?token=secret"):
        assert client.get(path, headers=headers).status_code == 401, path
    assert client.get("/?token=secret", headers=headers).status_code == 302
    client.delete_cookie("tlgan_token")
    assert client.get("/api/run", headers=headers | {"X-Tlgan-Token": "secret"}).status_code == 200
