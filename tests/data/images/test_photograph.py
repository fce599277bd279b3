"""A photograph of any common format is decoded; what is none is refused with what to do."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from data.images.photograph import decode_photograph
from tlgan.errors import UserError


def encoded(image: Image.Image, form: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def picture(width: int = 40, height: int = 30) -> Image.Image:
    return Image.new("RGB", (width, height), (200, 100, 50))


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "CMYK"])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_every_mode_becomes_rgb(mode: str, form: str) -> None:
    image = picture().convert(mode)
    try:
        content = encoded(image, form)
    except OSError:
        pytest.skip("the format has no such mode")
    pixels = decode_photograph(content)
    assert pixels.shape == (30, 40, 3)
    assert pixels.dtype == np.uint8
    wanted = image.convert("RGB").getpixel((5, 5))
    assert np.abs(pixels[5, 5].astype(int) - wanted).max() <= 8


@pytest.mark.parametrize(("orientation", "shape"), [(1, (30, 40, 3)), (6, (40, 30, 3)), (3, (30, 40, 3))])
def test_photographs_are_turned_upright(orientation: int, shape: tuple[int, ...]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = picture()
    image.paste((0, 0, 255), (0, 0, 20, 15))  # blue where the camera's first corner is
    pixels = decode_photograph(encoded(image, "JPEG", exif=exif, quality=95))
    assert pixels.shape == shape
    corner = {1: (3, 3), 6: (3, -4), 3: (-4, -4)}[orientation]
    assert pixels[corner][2] > 200


def test_the_smallest_photograph() -> None:
    assert decode_photograph(encoded(picture(20, 20))).shape == (20, 20, 3)


def test_a_large_photograph_may_be_a_png() -> None:
    content = encoded(Image.new("L", (7000, 6000)), compress_level=1)
    assert decode_photograph(content).shape == (6000, 7000, 3)


def test_a_phone_picture_with_a_second_image_is_no_animation() -> None:
    content = encoded(picture(), "MPO", save_all=True, append_images=[picture()])
    assert decode_photograph(content).shape == (30, 40, 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no image of a known format"),
        (b"a text\n" * 30, "is no image of a known format"),
        (encoded(picture(1, 1)), r"at least 20 pixels wide and high. Got 1×1"),
        (encoded(picture(300, 19)), "Got 300×19"),
        (encoded(picture(90, 90), "JPEG")[:-200], "cannot be decoded"),
        (encoded(picture(90, 90))[:-40], "cannot be decoded"),
        (png_header(10000, 9000), "at most 80,000,000 pixels. Got 10000×9000"),
        (png_header(20000, 10000), "more than 80,000,000 pixels"),
        (png_header(8000, 6001), "at most 48,000,000 pixels where it is no JPEG"),
        (
            encoded(picture(), "GIF", save_all=True, append_images=[Image.new("RGB", (40, 30))]),
            "is an animation",
        ),
        (encoded(picture(), save_all=True, append_images=[Image.new("RGB", (40, 30))]), "is an animation"),
        (encoded(Image.fromarray(np.full((30, 30), 40000, np.uint16))), "cannot be decoded"),
    ],
)
def test_what_is_no_photograph_is_refused_in_one_line(content: bytes, message: str, recwarn) -> None:
    with pytest.raises(UserError, match=message) as error:
        decode_photograph(content)
    assert "\n" not in str(error.value)
    assert not len(recwarn)
