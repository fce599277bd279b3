"""Every response of the editor, good and bad."""

from __future__ import annotations

import pytest

from tests.pipelines.editing.web.drawing import START, draw


@pytest.mark.parametrize(
    ("path", "content", "words"),
    [
        ("/api/draw", [], "must be a JSON object"),
        ("/api/draw", {"state": 1}, "`state` must be an object"),
        ("/api/draw", {"state": START, "ticket": "1"}, "`ticket` a whole number"),
        ("/api/strip", {"state": START}, "`axis` must be the name"),
        ("/api/strip", {"state": START, "axis": "Smil"}, "Smiling"),
        ("/api/grid", {"state": START, "seeds": []}, "1 to 8 seeds"),
        ("/api/grid", {"state": START, "seeds": ["x"]}, "whole number"),
        ("/api/animation", {"state": START, "kind": "dance"}, "axis, edit or morph"),
        ("/api/animation", {"state": START, "kind": "edit", "format": "avi"}, "gif or mp4"),
        ("/api/gallery", {"state": START, "title": "x" * 99}, "at most 80"),
    ],
)
def test_bad_requests_are_one_sentence(client, path, content, words):
    response = client.post(path, json=content)
    assert response.status_code == 422
    assert words in response.get_json()["error"]


@pytest.mark.parametrize("key", ["..", "%2e%2e", "..%2f..%2fsetup.cfg", "0" * 31, "g" * 32])
def test_no_path_leaves_the_gallery(client, key):
    for path in (f"/api/gallery/{key}", f"/api/gallery/{key}/picture.png", f"/api/gallery/{key}/face.json"):
        response = client.get(path, follow_redirects=True)
        assert response.status_code in (404, 405, 422) or response.get_json() == {"faces": []}
    assert client.get("/static/../app.py").status_code == 404


def test_failure_is_a_sentence_and_the_next_request_works(client, tones_run):
    tones_run.broken = True
    response = draw(client)
    assert response.status_code == 500
    assert "not lost" in response.get_json()["error"]
    tones_run.broken = False
    assert draw(client).status_code == 200
