"""The gallery holds whole faces."""

from __future__ import annotations

import io

import numpy as np
import pytest

from pipelines.editing.web.gallery import Gallery
from tlgan.errors import UserError
from tlgan.storage.npy import read_npy

LATENT, IMAGE = np.arange(4, dtype=np.float32), np.zeros((8, 8, 3), np.uint8)


def test_saved_face_has_its_state_picture_and_latent(tmp_path):
    gallery = Gallery(tmp_path / "gallery")
    key = gallery.save("Grin", {"seed": 1}, {"scores": {}}, LATENT, IMAGE)
    assert gallery.keys() == [key]
    face = gallery.face(key)
    assert (face["title"], face["state"]) == ("Grin", {"seed": 1})
    latent = read_npy(io.BytesIO(gallery.file(key, "latent.npy").read_bytes()), "the latent", "f", 1000)
    np.testing.assert_array_equal(latent, LATENT)
    assert gallery.file(key, "picture.png").read_bytes().startswith(b"\x89PNG")


def test_face_that_cannot_be_written_leaves_nothing(tmp_path):
    gallery = Gallery(tmp_path / "gallery")
    with pytest.raises(ValueError, match="not JSON compliant"):
        gallery.save("", {"seed": float("nan")}, {}, LATENT, IMAGE)
    assert gallery.keys() == []
    assert list(gallery.folder.iterdir()) == []


def test_gallery_that_cannot_be_written_is_a_one_line_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot be written \(Not a directory\); correct that, save again\."):
        Gallery(tmp_path / "file" / "gallery").save("", {}, {}, LATENT, IMAGE)
