from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.images.archives import open_archive
from data.images.decode import SkipLog, SkippedImage, crop_and_shrink, decode, read_chunks
from data.images.labelled_images import LabelledImages
from tlgan.errors import UserError


def unlabelled(folder: Path) -> LabelledImages:
    archive = open_archive(folder)
    return LabelledImages(
        names=(),
        kinds=(),
        units=(),
        labels=np.empty((len(archive), 0), dtype=np.float32),
        files=archive.names,
        archive=archive,
        identity=np.full(len(archive), -1, dtype=np.int32),
        partition=np.full(len(archive), 255, dtype=np.uint8),
    )


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def folder_of_six(tmp_path: Path) -> Path:
    for n in range(6):
        Image.fromarray(np.full((8, 8, 3), 10 * n, dtype=np.uint8)).save(tmp_path / f"{n}.png")
    return tmp_path


@pytest.mark.parametrize(("factor", "tolerance"), [(1, 0), (2, 0), (4, 0), (8, 0), (3, 1), (6, 1)])
def test_crop_and_shrink_is_the_exact_mean_for_integer_factors(factor: int, tolerance: int) -> None:
    pixels = noise(40, 60)
    side = 24
    result = crop_and_shrink(Image.fromarray(pixels), side // factor, (5, 7, side, side))
    blocks = pixels[7 : 7 + side, 5 : 5 + side].reshape(side // factor, factor, side // factor, factor, 3)
    np.testing.assert_allclose(result, np.floor(blocks.mean(axis=(1, 3)) + 0.5), atol=tolerance, rtol=0)


def test_crop_and_shrink_keeps_the_mean_for_other_factors() -> None:
    pixels = noise(100, 100)
    result = crop_and_shrink(Image.fromarray(pixels), 64, None)
    assert result.shape == (64, 64, 3)
    np.testing.assert_allclose(result.mean(), pixels.mean(), atol=0.5)


def test_crop_and_shrink_does_not_alias() -> None:
    stripes = np.zeros((64, 64, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    assert np.ptp(crop_and_shrink(Image.fromarray(stripes), 16)) == 0


def test_crop_and_shrink_defaults_to_the_centred_square() -> None:
    pixels = noise(20, 30)
    np.testing.assert_array_equal(crop_and_shrink(Image.fromarray(pixels), 20), pixels[:, 5:25])


@pytest.mark.parametrize("crop", [(-1, 0, 8, 8), (0, -1, 8, 8), (3, 0, 8, 8), (0, 3, 8, 8)])
def test_crop_and_shrink_refuses_a_crop_outside(crop: tuple[int, int, int, int]) -> None:
    with pytest.raises(SkippedImage, match="crop reaches outside"):
        crop_and_shrink(Image.new("RGB", (10, 10)), 4, crop)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_decode_gives_rgb(mode: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), (255, 255, 255)).convert(mode).save(buffer, "TIFF" if mode == "CMYK" else "PNG")
    image = decode(buffer.getvalue())
    assert image.mode == "RGB"
    assert np.asarray(image).min() == 255


def png_of(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


def palette_of_one() -> Image.Image:
    image = Image.new("P", (4, 2), 0)
    image.putpalette([0, 255, 0, 1, 2, 3])
    return image


def half_transparent() -> Image.Image:
    """Left half: green, wholly transparent. Right half: black, seen through by half."""
    image = Image.new("RGBA", (4, 2), (0, 255, 0, 0))
    image.paste((0, 0, 0, 128), (2, 0, 4, 2))
    return image


def colour_key_of_16_bits() -> bytes:
    """A PNG of 16 bits a channel, all of one colour, which its tRNS chunk says is transparent."""
    colour = struct.pack(">3H", 0x80FF, 0x10AB, 0)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">2I5B", 2, 1, 16, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" + colour * 2)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"tRNS", colour)
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (png_of(Image.new("RGB", (4, 2), (0, 255, 0)), transparency=(0, 255, 0)), [255, 255, 255]),
        (png_of(Image.new("RGB", (4, 2), (0, 254, 0)), transparency=(0, 255, 0)), [0, 254, 0]),
        (png_of(Image.new("L", (4, 2), 7), transparency=7), [255, 255, 255]),
        (png_of(Image.new("LA", (4, 2), (7, 0))), [255, 255, 255]),
        (png_of(palette_of_one(), transparency=0), [255, 255, 255]),
        (png_of(palette_of_one()), [0, 255, 0]),
        (png_of(Image.new("RGBA", (4, 2), (9, 8, 7, 255))), [9, 8, 7]),
        (png_of(half_transparent()), [255, 255, 255]),
        (colour_key_of_16_bits(), [255, 255, 255]),
    ],
    ids=[
        "key",
        "other-key",
        "grey",
        "grey-alpha",
        "palette",
        "opaque-palette",
        "opaque-alpha",
        "alpha",
        "16-bit",
    ],
)
def test_decode_shows_white_where_a_picture_is_transparent(content: bytes, seen: list[int]) -> None:
    pixels = np.asarray(decode(content))
    assert pixels[0, 0].tolist() == seen


@pytest.mark.parametrize("form", ["GIF", "WEBP", "TIFF"])
def test_decode_shows_white_in_every_format(form: str) -> None:
    image, buffer = Image.new("RGBA", (4, 2), (0, 255, 0, 0)), io.BytesIO()
    image.paste((200, 0, 0, 255), (2, 0, 4, 2))
    image.save(buffer, form, **({"lossless": True} if form == "WEBP" else {}))
    pixels = np.asarray(decode(buffer.getvalue()))
    assert (pixels[0, 0].tolist(), pixels[0, 3].tolist()) == ([255, 255, 255], [200, 0, 0])


def test_decode_mixes_what_is_half_transparent() -> None:
    assert np.asarray(decode(png_of(half_transparent())))[0, 3].tolist() == [127, 127, 127]


def test_decode_turns_upright() -> None:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (10, 20)).save(buffer, "JPEG", exif=exif)
    assert decode(buffer.getvalue()).size == (20, 10)


def test_decode_refuses_what_is_no_image(plain_image: Callable[..., bytes]) -> None:
    sixteen_bits = io.BytesIO()
    Image.fromarray(np.full((4, 4), 40000, dtype=np.uint16)).save(sixteen_bits, "PNG")
    png = plain_image(suffix=".png")
    for content in (b"", b"no image", plain_image()[:-200], png[:80], png[:-30], sixteen_bits.getvalue()):
        with pytest.raises(SkippedImage, match="cannot be decoded"):
            decode(content)


@pytest.mark.parametrize("chunk_rows", [1, 4, 6, 100])
def test_read_chunks_streams_every_row_once(folder_of_six: Path, chunk_rows: int) -> None:
    chunks = list(read_chunks(unlabelled(folder_of_six), 4, chunk_rows=chunk_rows))
    assert max(len(rows) for rows, _ in chunks) <= chunk_rows
    assert np.concatenate([rows for rows, _ in chunks]).tolist() == list(range(6))
    pixels = np.concatenate([pixels for _, pixels in chunks])
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(
        pixels, np.broadcast_to(10 * np.arange(6)[:, None, None, None], (6, 4, 4, 3))
    )


def test_read_chunks_keeps_the_order_of_chosen_rows(folder_of_six: Path) -> None:
    (rows, pixels), *_ = read_chunks(unlabelled(folder_of_six), 4, rows=[5, 0, 3])
    assert rows.tolist() == [5, 0, 3]
    assert pixels[:, 0, 0, 0].tolist() == [50, 0, 30]


def test_read_chunks_skips_damaged_images_by_name(folder_of_six: Path) -> None:
    images = unlabelled(folder_of_six)
    (folder_of_six / "2.png").write_bytes((folder_of_six / "2.png").read_bytes()[:40])
    (folder_of_six / "4.png").unlink()
    Image.new("RGB", (3, 3)).save(folder_of_six / "5.png")
    log = SkipLog()
    (rows, pixels), *_ = read_chunks(images, 4, skipped=log)
    assert rows.tolist() == [0, 1, 3]
    assert pixels[:, 0, 0, 0].tolist() == [0, 10, 30]
    assert len(log) == 3
    assert log.as_dict() == {
        "image cannot be decoded": ("2.png",),
        "file cannot be read": ("4.png",),
        "image smaller than the resolution": ("5.png",),
    }
    assert "image cannot be decoded: 1 (2.png)" in str(log)


def test_read_chunks_fails_if_no_image_can_be_read(folder_of_six: Path) -> None:
    for file in folder_of_six.iterdir():
        file.write_bytes(b"spoiled")
    with pytest.raises(
        UserError, match=r"none of 6 images could be read: image cannot be decoded: 6 \(0.png, "
    ):
        list(read_chunks(unlabelled(folder_of_six), 4))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"resolution": 0}, "`resolution` must be at least 1 pixel. Got 0"),
        ({"chunk_rows": 0}, "`chunk_rows` must be at least 1. Got 0"),
        ({"crop": (0, 0, 8, 6)}, "`crop` must be a square"),
        ({"crop": (0, 0, 2, 2)}, "`resolution` must be at most the side of the crop (2)"),
    ],
)
def test_read_chunks_refuses_impossible_arguments(
    folder_of_six: Path, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(UserError) as caught:
        read_chunks(unlabelled(folder_of_six), **{"resolution": 4, **arguments})
    assert message in str(caught.value)


def test_labelled_images_select_takes_rows_along(folder_of_six: Path) -> None:
    chosen = unlabelled(folder_of_six).select([4, 1])
    assert chosen.files == ("4.png", "1.png")
    (_, pixels), *_ = read_chunks(chosen, 4)
    assert pixels[:, 0, 0, 0].tolist() == [40, 10]
