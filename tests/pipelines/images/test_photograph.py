"""Photographs from files, as a labeller is to see them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from pipelines.images.photograph import CENTRED_SQUARE, frame, open_photograph
from tlgan.errors import UserError


def stripes(width, height):
    """A picture whose red tells the column and whose green tells the row."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0], pixels[..., 1] = np.arange(width), np.arange(height)[:, None]
    return Image.fromarray(pixels)


@pytest.mark.parametrize(("size", "left", "top"), [((30, 20), 5, 0), ((20, 31), 0, 5), ((16, 16), 0, 0)])
def test_frame_is_the_largest_centred_square(size, left, top):
    framed = frame(stripes(*size))
    assert framed.pixels.shape == (min(size), min(size), 3)
    assert framed.pixels.dtype == np.uint8
    assert framed.pixels[0, 0].tolist() == [left, top, 0]
    assert (framed.framing, framed.size) == (CENTRED_SQUARE, size)


def test_open_photograph_turns_upright_and_fills_what_is_transparent(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    stripes(40, 20).save(tmp_path / "a.png", exif=exif)
    assert open_photograph(tmp_path / "a.png").size == (20, 40)
    Image.new("RGBA", (8, 8), (0, 255, 0, 0)).save(tmp_path / "b.png")
    assert (open_photograph(tmp_path / "b.png").pixels == 255).all()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.jpg", None, "there is no such picture; check the name"),
        ("a.jpg", b"text", "image cannot be decoded. Save it as .jpg or .png"),
        (
            "a.jpg",
            b"<!DOCTYPE html><title>Not found</title>",
            "must be a picture. It is a web page ('Not found')",
        ),
    ],
)
def test_what_is_no_picture_is_refused(tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as error:
        open_photograph(tmp_path / name)
    assert str(error.value).startswith(f"{tmp_path / name}: ")
    assert words in str(error.value)
