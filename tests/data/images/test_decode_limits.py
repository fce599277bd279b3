"""Image files that unfold to gigabytes, or take minutes, are skipped before they are decoded."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFile

from data.images.decode import MAX_PIXELS, MAX_SCANS, TOO_LARGE, UNDECODABLE, SkippedImage, decode


def png(width: int, height: int, colour_type: int = 6) -> bytes:
    """A PNG file of a few bytes that declares a size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def encoded(form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((64, 64, 3), 90, np.uint8)).save(buffer, form, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("width", "height"),
    [(13_300, 13_300), (30_000, 30_000), (2**31 - 1, 2**31 - 1), (MAX_PIXELS + 1, 1), (1, MAX_PIXELS + 1)],
)
def test_images_of_too_many_pixels_are_skipped_undecoded(width, height, monkeypatch):
    monkeypatch.setattr(ImageFile.ImageFile, "load", None)
    with pytest.raises(SkippedImage, match=TOO_LARGE):
        decode(png(width, height))


def test_photographs_may_be_larger():
    jpeg = bytearray(encoded("JPEG"))
    place = jpeg.index(b"\xff\xc0") + 5  # height and width in the frame's header
    jpeg[place : place + 4] = struct.pack(">HH", 8192, 8192)
    assert MAX_PIXELS < 8192**2
    assert decode(bytes(jpeg)).size == (8192, 8192)
    jpeg[place : place + 4] = struct.pack(">HH", 10_000, 8_001)
    with pytest.raises(SkippedImage, match=TOO_LARGE):
        decode(bytes(jpeg))


def test_jpeg_files_of_endless_scans_are_skipped():
    jpeg = encoded("JPEG", progressive=True)
    assert decode(jpeg).size == (64, 64)
    start = jpeg.rindex(b"\xff\xda")
    with pytest.raises(SkippedImage, match=UNDECODABLE):
        decode(jpeg[:start] + jpeg[start:-2] * MAX_SCANS + jpeg[-2:])


def test_formats_that_pillow_hands_to_other_programs_are_not_opened():
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"
    assert Image.open(io.BytesIO(postscript)).format == "EPS"
    with pytest.raises(SkippedImage, match=UNDECODABLE):
        decode(postscript)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "TGA"])
def test_common_formats_are_read(form):
    assert decode(encoded(form)).size == (64, 64)


def test_a_palette_that_is_missing_is_a_damaged_picture():
    """Pillow asserts that there is one."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 3, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(72)))
    with pytest.raises(SkippedImage, match="cannot be decoded"):
        decode(b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b""))
