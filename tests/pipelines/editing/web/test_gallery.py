"""Faces of a gallery on disk: whole or not there, and damage is told."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipelines.editing.web import gallery as module
from pipelines.editing.web.gallery import Gallery, npy_bytes
from tlgan.errors import UserError


@pytest.fixture
def gallery(tmp_path):
    return Gallery(tmp_path / "run" / "gallery")


def save(gallery, title="Grin") -> str:
    state = {"start": {"seed": 7}}
    return gallery.save(
        title, state, {"predictors": {"Male": 1.0}}, np.arange(4.0), np.zeros((8, 8, 3), "u1")
    )


def test_saved_face_comes_back(gallery):
    assert gallery.keys() == []
    key = save(gallery, "Grin, ä")
    face = gallery.face(key)
    assert (face["title"], face["state"]) == ("Grin, ä", {"start": {"seed": 7}})
    assert face["values"] == {"predictors": {"Male": 1.0}}
    np.testing.assert_array_equal(np.load(gallery.file(key, "latent.npy")), np.arange(4.0))
    assert gallery.file(key, "picture.png").read_bytes().startswith(b"\x89PNG")
    assert gallery.keys() == [key]


def test_keys_are_the_newest_first_and_whole_faces_alone(gallery):
    import os

    first, second = save(gallery), save(gallery)
    os.utime(gallery.folder / first, ns=(2**60, 2**60))
    os.utime(gallery.folder / second, ns=(2**59, 2**59))
    (gallery.folder / ("0" * 32)).mkdir()
    (gallery.folder / "notes").mkdir()
    assert gallery.keys() == [first, second]


def test_delete_removes_a_face_for_good_and_twice_is_no_error(gallery):
    key = save(gallery)
    gallery.delete(key)
    gallery.delete(key)
    assert gallery.keys() == []
    with pytest.raises(UserError, match="no longer in the gallery"):
        gallery.face(key)
    with pytest.raises(UserError, match="no longer in the gallery"):
        gallery.file(key, "latent.npy")


@pytest.mark.parametrize("title", [None, 5, "a\nb", "x" * 81])
def test_save_refuses_a_title_and_leaves_nothing(gallery, title):
    with pytest.raises(UserError, match="printable text of at most 80"):
        save(gallery, title)
    assert not gallery.folder.exists()


def test_save_refuses_where_the_gallery_is_full(gallery, monkeypatch):
    monkeypatch.setattr(module, "MOST_FACES", 1)
    save(gallery)
    with pytest.raises(UserError, match="holds 1 faces already"):
        save(gallery)


def test_save_leaves_nothing_half_written(gallery, monkeypatch):
    def full(image, note):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "png_bytes", full)
    with pytest.raises(UserError, match="no space left"):
        save(gallery)
    assert list(gallery.folder.iterdir()) == []


@pytest.mark.parametrize("key", ["", "..", "0" * 31, "G" * 32, "../" + "0" * 29])
def test_other_keys_are_refused(gallery, key):
    for use in (gallery.face, gallery.delete, lambda key: gallery.file(key, "picture.png")):
        with pytest.raises(UserError, match="There is no such face"):
            use(key)


@pytest.mark.parametrize("name", ["face.json", "../face.json", "setup.cfg"])
def test_other_files_of_a_face_are_not_given(gallery, name):
    with pytest.raises(UserError, match="no longer in the gallery"):
        gallery.file(save(gallery), name)


@pytest.mark.parametrize("content", ["{", "[]", '{"title": "a"}', json.dumps({"state": [1]})])
def test_damaged_face_is_told(gallery, content):
    key = save(gallery)
    (gallery.folder / key / "face.json").write_text(content)
    with pytest.raises(UserError, match=r"is damaged\. Delete this face"):
        gallery.face(key)


def test_npy_bytes_are_read_by_numpy(tmp_path):
    (tmp_path / "z.npy").write_bytes(npy_bytes(np.float32([1, 2])))
    np.testing.assert_array_equal(np.load(tmp_path / "z.npy"), np.float32([1, 2]))
