"""Every response of the editor, good and bad."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

START = {"start": {"seed": 7}}


def draw(client, **state):
    return client.post("/api/draw", json={"state": START | state, "page": "a", "ticket": 1})


def test_page_and_description_of_the_run(client):
    page = client.get("/")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    description = client.get("/api/run").get_json()
    groups = {axis["name"]: axis["group"] for axis in description["axes"]}
    assert groups == {
        "Male": "The person",
        "Smiling": "Expression",
        "Eyeglasses": "Make-up and accessories",
        "Unheard_Of": "Other",
    }
    assert [axis["verdict"] for axis in description["axes"]] == ["", "", "weak", ""]


def test_edit_moves_its_predictor_and_score_and_no_others(client):
    drawn = draw(client, changes={"Smiling": 2.0}).get_json()
    for name, change in (("Smiling", 2.0), ("Male", 0.0)):
        assert drawn["values"][name] - drawn["start_values"][name] == pytest.approx(change, abs=1e-9)
        assert drawn["scores"][name] - drawn["start_scores"][name] == pytest.approx(change, abs=0.05)
    assert drawn["scores"]["Unheard_Of"] is None
    assert drawn["picture"] != drawn["before"]


def test_lock_keeps_its_change_against_a_change(client):
    drawn = draw(client, changes={"Male": 3.0, "Smiling": 1.0}, locks={"Male": 0.5}).get_json()
    assert drawn["values"]["Male"] - drawn["start_values"]["Male"] == pytest.approx(0.5)


def test_order_of_changes_does_not_matter(client):
    one = draw(client, changes={"Male": 1.0, "Smiling": 2.0}).get_json()
    other = draw(client, changes={"Smiling": 2.0, "Male": 1.0}).get_json()
    assert one["latent"] == other["latent"]


def test_latent_of_a_response_draws_the_same_face(client):
    one = draw(client, changes={"Smiling": 2.0}).get_json()
    other = draw(client, start={"latent": one["latent"]}).get_json()
    assert other["picture"] == one["picture"]
    assert other["latent"] == one["latent"]


def test_morph_ends_at_either_face(client):
    second = {"seed": 8}
    faces = [draw(client, second=second, morph=share).get_json()["picture"] for share in (0, 1)]
    assert faces == [draw(client, start={"seed": seed}).get_json()["picture"] for seed in (7, 8)]


def test_strip_has_seven_strengths_in_order(client):
    response = client.post("/api/strip", json={"state": START, "axis": "Smiling"}).get_json()
    values = [face["value"] for face in response["faces"]]
    assert len(values) == 7
    assert values == sorted(values)


def test_grid_changes_all_faces_alike(client):
    response = client.post("/api/grid", json={"state": START, "seeds": [1, 2, 3, 4, 5, 6, 7, 8]}).get_json()
    assert [face["seed"] for face in response["faces"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert len({face["picture"] for face in response["faces"]}) == 8


@pytest.mark.parametrize("kind", ["edit", "axis", "morph"])
def test_animations_are_gifs(client, kind):
    state = START | {"second": {"seed": 9}, "changes": {"Smiling": 3.0}}
    response = client.post("/api/animation", json={"state": state, "kind": kind, "axis": "Male"})
    assert response.mimetype == "image/gif"
    assert Image.open(io.BytesIO(response.data)).n_frames > 10


def test_files_of_a_face(client):
    latent = np.load(io.BytesIO(client.post("/api/latent.npy", json={"state": START}).data))
    assert latent.shape == (8,)
    picture = client.post("/api/picture.png", json={"state": START})
    assert Image.open(io.BytesIO(picture.data)).size == (8, 8)


def test_gallery_saves_opens_and_deletes(client, tones_run):
    state = START | {"changes": {"Smiling": 1.0}}
    key = client.post("/api/gallery", json={"state": state, "title": "Grin"}).get_json()["key"]
    assert client.get("/api/gallery").get_json()["faces"] == [{"key": key, "title": "Grin", "error": ""}]
    face = client.get(f"/api/gallery/{key}").get_json()
    assert face["state"] == state
    assert face["values"]["predictors"]["Smiling"] == draw(client, **state).get_json()["values"]["Smiling"]
    assert client.get(f"/api/gallery/{key}/picture.png").data.startswith(b"\x89PNG")
    assert client.delete(f"/api/gallery/{key}").status_code == 200
    assert client.get("/api/gallery").get_json()["faces"] == []
    assert not list((tones_run.folder / "gallery").iterdir())


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"start": {"seed": "seven"}}, "A seed must be a whole number"),
        ({"start": {"seed": -1}}, "A seed must be a whole number"),
        ({"start": {"seed": 1.5}}, "A seed must be a whole number"),
        ({"start": {"seed": True}}, "A seed must be a whole number"),
        ({"start": {"seed": 2**32}}, "A seed must be a whole number"),
        ({"start": {}}, "`start` must be"),
        ({"start": {"latent": "AAAAAA=="}}, "8 finite numbers"),
        ({"start": {"latent": "x"}}, "the link is damaged"),
        ({"start": {"latent": "ääää"}}, "the link is damaged"),
        ({"changes": {"Smilling": 1}}, "Did you mean 'Smiling'"),
        ({"changes": {"Smiling": "much"}}, "must be a finite number"),
        ({"changes": {"Smiling": 10**400}}, "within ±1,000,000"),
        ({"changes": {"Smiling": float("nan")}}, "within ±1,000,000"),
        ({"changes": {"Smiling": 1e9}}, "±1,000,000"),
        ({"changes": ["Smiling"]}, "must be an object"),
        ({"locks": {"Mail": 0}}, "Did you mean 'Male'"),
        ({"second": {"seed": 1}, "morph": 2}, "`morph` must lie in [0, 1]"),
        ({"more": 1}, "Got more"),
    ],
)
def test_bad_states_are_one_sentence(client, state, words):
    response = draw(client, **state)
    assert response.status_code == 422
    assert words in response.get_json()["error"]


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


def test_deleted_gallery_file_is_reported_and_the_rest_stays(client, tones_run):
    kept, lost = (client.post("/api/gallery", json={"state": START}).get_json()["key"] for _ in range(2))
    (tones_run.folder / "gallery" / lost / "picture.png").unlink()
    assert "no longer in the gallery" in client.get(f"/api/gallery/{lost}/picture.png").get_json()["error"]
    (tones_run.folder / "gallery" / lost / "face.json").write_text("{")
    assert "is damaged" in client.get(f"/api/gallery/{lost}").get_json()["error"]
    titles = {face["key"]: face["error"] for face in client.get("/api/gallery").get_json()["faces"]}
    assert titles[kept] == ""
    assert "damaged" in titles[lost]
    (tones_run.folder / "gallery" / lost / "face.json").unlink()
    assert "no longer in the gallery" in client.get(f"/api/gallery/{lost}").get_json()["error"]


def test_failure_is_a_sentence_and_the_next_request_works(client, tones_run):
    tones_run.broken = True
    response = draw(client)
    assert response.status_code == 500
    assert "not lost" in response.get_json()["error"]
    tones_run.broken = False
    assert draw(client).status_code == 200


def test_contradicting_locks_are_explained(client, tones_run):
    import dataclasses

    twins = np.array(tones_run.axes.raw_directions)
    twins[2] = twins[1]
    tones_run.axes = dataclasses.replace(tones_run.axes, raw_directions=twins, directions=twins)
    response = draw(client, changes={"Smiling": 1.0}, locks={"Eyeglasses": 0.0})
    assert response.status_code == 422
    assert "'Smiling', 'Eyeglasses' depend on one another" in response.get_json()["error"]
