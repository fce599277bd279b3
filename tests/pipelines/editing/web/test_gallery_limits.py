"""Faces in the gallery that somebody else put there: one bad face takes nothing down, and no link is followed."""

from __future__ import annotations

import os

import pytest

KEY = "0123456789abcdef" * 2

FACES = {
    "deep": b"[" * 100_000,
    "deep state": b'{"state":' + b'{"a":' * 500 + b"1" + b"}" * 501,
    "no text": b"\xff",
    "list": b"[]",
    "no state": b"{}",
    "state": b'{"state":[]}',
    "title": b'{"state":{"start":{"seed":1}},"title":[1]}',
    "values": b'{"state":{"start":{"seed":1}},"values":NaN}',
    "infinity": b'{"state":{"start":{"seed":1}},"values":{"a":1e999}}',
    "digits": b'{"state":{"start":{"seed":' + b"9" * 5_000 + b"}}}",
    "large": b'{"state":{"start":{"seed":1}},"title":"' + b"x" * 2**21 + b'"}',
    "start": b'{"state":{}}',
}


@pytest.fixture
def folder(editor, client):
    """A gallery with one good face, and the folder of another."""
    response = client.post("/api/gallery", json={"state": {"start": {"seed": 1}}, "title": "good"})
    assert response.status_code == 200
    from pipelines.editing.web.context import KEY as CONTEXT

    folder = editor.extensions[CONTEXT].gallery.folder / KEY
    folder.mkdir()
    return folder


def titles(client):
    response = client.get("/api/gallery")
    assert response.status_code == 200
    return sorted(face["title"] for face in response.get_json()["faces"])


@pytest.mark.parametrize("content", FACES.values(), ids=FACES)
def test_a_bad_face_is_listed_as_damaged_beside_the_good_ones(client, folder, content):
    (folder / "face.json").write_bytes(content)
    assert "good" in titles(client)
    response = client.get(f"/api/gallery/{KEY}")
    assert response.status_code == 422
    assert response.get_json()["error"]
    assert client.delete(f"/api/gallery/{KEY}").status_code == 200
    assert titles(client) == ["good"]


@pytest.mark.parametrize("name", ["face.json", "latent.npy", "picture.png"])
def test_links_are_not_followed(client, folder, tmp_path, name):
    (folder / "face.json").write_bytes(b'{"state":{"start":{"seed":1}},"title":"linked"}')
    secret = tmp_path / "secret"
    secret.write_bytes(b'{"state":{"start":{"seed":1}},"title":"secret"}')
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(secret)
    assert "secret" not in titles(client)
    assert b"secret" not in client.get(f"/api/gallery/{KEY}").data
    if name != "face.json":
        response = client.get(f"/api/gallery/{KEY}/{name}")
        assert response.status_code == 422
        assert b"secret" not in response.data


def test_a_linked_folder_is_no_face(client, folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "face.json").write_bytes(b'{"state":{"start":{"seed":1}},"title":"secret"}')
    (tmp_path / "elsewhere" / "latent.npy").write_bytes(b"secret")
    folder.rmdir()
    folder.symlink_to(tmp_path / "elsewhere")
    assert titles(client) == ["good"]
    assert client.get(f"/api/gallery/{KEY}").status_code == 422
    assert b"secret" not in client.get(f"/api/gallery/{KEY}/latent.npy").data
    client.delete(f"/api/gallery/{KEY}")
    assert (tmp_path / "elsewhere" / "face.json").exists()


def test_a_pipe_is_no_face(client, folder):
    os.mkfifo(folder / "face.json")
    os.mkfifo(folder / "latent.npy")
    assert titles(client) == ["good"]
    assert client.get(f"/api/gallery/{KEY}/latent.npy").status_code == 422
