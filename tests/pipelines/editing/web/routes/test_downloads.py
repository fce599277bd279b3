"""Files to download: animations, pictures, latents."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from pipelines.editing.edit_note import add_noted_edit, decode_latent
from pipelines.editing.web import request
from pipelines.images.picture_note import read_note
from tests.pipelines.editing.web.drawing import START
from tlgan.editing.edit_texts import EditTexts, edit_by_texts


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


def test_a_picture_carries_the_edit_for_the_command_line(client, tmp_path):
    state = {"start": {"seed": 1}, "changes": {"Smiling": 1.25}, "locks": {"Male": 0.0}}
    (tmp_path / "a.png").write_bytes(client.post("/api/picture.png", json={"state": state}).data)
    note = read_note(tmp_path / "a.png")
    assert (note.command, note.seeds) == ("explore", (1,))
    assert note.edit == {
        "changes": ["Smiling=+1.25"],
        "targets": [],
        "locks": ["Male"],
        "free_base": False,
        "method": "straight",
        "strictness": 1.0,
    }
    between = state | {"second": {"seed": 2}, "morph": 0.5}
    (tmp_path / "b.png").write_bytes(client.post("/api/picture.png", json={"state": between}).data)
    note = read_note(tmp_path / "b.png")
    assert note.seeds == ()
    assert decode_latent(note.latent).shape == (8,)


def test_a_local_edit_is_made_again_from_its_note(local_client, tones_run_with_regressor, tmp_path):
    state = {"start": {"seed": 1}, "changes": {"Smiling": 1.25}, "locks": {"Male": 0.0}}
    state |= {"method": "local", "strictness": 3}
    (tmp_path / "a.png").write_bytes(local_client.post("/api/picture.png", json={"state": state}).data)
    texts = add_noted_edit(tmp_path, read_note(tmp_path / "a.png"), EditTexts())
    assert (texts.method, texts.strictness) == ("local", 3.0)
    sent = np.load(io.BytesIO(local_client.post("/api/latent.npy", json={"state": state}).data))
    start = request.seeded_latents(tones_run_with_regressor, [1])
    made = edit_by_texts(tones_run_with_regressor.axes, start, texts).edited.latents[0]
    np.testing.assert_array_equal(made.astype(sent.dtype), sent)
