"""Notes in pictures: written, read by other programs, and refused where they were made by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipelines.images.animation import save_animation
from pipelines.images.picture_files import save_picture
from pipelines.images.picture_note import KEY, PictureNote, read_note
from tlgan.errors import UserError

NOTE = PictureNote(
    command="edit",
    generator="toy, ä",
    generator_sha256="ab" * 32,
    seeds=(7,),
    edit={"changes": ["Smiling=0.9"]},
)
PICTURE = np.zeros((8, 8, 3), np.uint8)


def test_png_and_gif_carry_their_note(tmp_path):
    save_picture(PICTURE, tmp_path / "a.png", NOTE)
    save_animation(np.stack([PICTURE, PICTURE + 200]), tmp_path / "a.gif", note=NOTE)
    for name in ("a.png", "a.gif"):
        assert read_note(tmp_path / name) == NOTE
    with Image.open(tmp_path / "a.png") as picture:  # any program reads it
        assert json.loads(picture.info[KEY])["seeds"] == [7]


@pytest.mark.parametrize("name", ["a.png", "a.gif", "a.jpg", "a.webp"])
def test_pictures_without_a_note_are_refused(tmp_path, name):
    if name == "a.gif":
        save_animation(np.stack([PICTURE, PICTURE + 200]), tmp_path / name)
    else:
        save_picture(PICTURE, tmp_path / name, NOTE if name in ("a.jpg", "a.webp") else None)
    with pytest.raises(UserError, match=rf"{name}: (carries no note|is not a picture that can be read)"):
        read_note(tmp_path / name)


NOTES = {
    "deep": "[" * 100_000,
    "list": "[]",
    "no format": json.dumps(
        {"command": "edit", "generator": "a", "generator_sha256": "b", "format": "other"}
    ),
    "seed": json.dumps({"command": "edit", "generator": "a", "generator_sha256": "b", "seeds": [-1]}),
    "edit": json.dumps({"command": "edit", "generator": "a", "generator_sha256": "b", "edit": [1]}),
    "missing": json.dumps({"command": "edit"}),
    "long": json.dumps({"command": "x" * 2**19}),
    "name": json.dumps({"command": "edit", "generator": "a" * 300, "generator_sha256": "b"}),
}


@pytest.mark.parametrize("text", NOTES.values(), ids=NOTES)
def test_notes_made_by_hand_are_refused(tmp_path, text):
    texts = PngInfo()
    texts.add_itxt(KEY, text)
    Image.fromarray(PICTURE).save(tmp_path / "a.png", pnginfo=texts)
    with pytest.raises(UserError, match=r"a\.png: ") as caught:
        read_note(tmp_path / "a.png")
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\0" * 99]
)
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(UserError, match=r"a\.png: is not a picture"):
        read_note(tmp_path / "a.png")
