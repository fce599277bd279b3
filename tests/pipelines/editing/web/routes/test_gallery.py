"""The gallery over the web: save, open, list and delete."""

from __future__ import annotations

from tests.pipelines.editing.web.drawing import START, draw


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


def test_deleted_gallery_file_is_reported_and_the_rest_stays(client, tones_run):
    whole, lost = (client.post("/api/gallery", json={"state": START}).get_json()["key"] for _ in range(2))
    (tones_run.folder / "gallery" / lost / "picture.png").unlink()
    assert "no longer in the gallery" in client.get(f"/api/gallery/{lost}/picture.png").get_json()["error"]
    (tones_run.folder / "gallery" / lost / "face.json").write_text("{")
    assert "is damaged" in client.get(f"/api/gallery/{lost}").get_json()["error"]
    titles = {face["key"]: face["error"] for face in client.get("/api/gallery").get_json()["faces"]}
    assert titles[whole] == ""
    assert "damaged" in titles[lost]
    (tones_run.folder / "gallery" / lost / "face.json").unlink()
    assert "no longer in the gallery" in client.get(f"/api/gallery/{lost}").get_json()["error"]


def test_gallery_saves_what_the_method_of_the_edit_predicts(local_client):
    state = START | {"changes": {"Smiling": 50.0}, "method": "local", "strictness": 1}
    key = local_client.post("/api/gallery", json={"state": state}).get_json()["key"]
    saved = local_client.get(f"/api/gallery/{key}").get_json()
    assert saved["state"] == state
    assert saved["values"]["predictors"] == draw(local_client, **state).get_json()["values"]
