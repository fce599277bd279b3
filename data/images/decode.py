"""Decode, crop and shrink images; read a labelled set in chunks."""

from __future__ import annotations

import io
import logging
import struct
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from data.images.alignment import cut_square, place_upright
from data.images.labelled_images import Crop, LabelledImages
from tlgan.errors import UserError

logging.getLogger("PIL").addHandler(logging.NullHandler())  # it would log damage on the screen
BACKGROUND = (255, 255, 255)  # white: what is seen through a transparent picture

UNREADABLE = "file cannot be read"
UNDECODABLE = "image cannot be decoded"
WRONG_SIZE = "image of another size"
CROP_OUTSIDE = "crop reaches outside the image"
TOO_SMALL = "image smaller than the resolution"
TOO_LARGE = "image of too many pixels"

# Pillow reads many more, some of them through other programs.
FORMATS = (
    *("JPEG", "MPO", "PNG", "WEBP", "BMP", "DIB", "GIF", "TIFF", "PPM", "TGA"),
    *("JPEG2000", "AVIF", "HEIF", "JXL"),
)
# A few kilobytes can hold any number of pixels. Photographs come as JPEG, which unfolds into one copy of them;
# other formats take up to four.
MAX_PIXELS, MAX_PHOTOGRAPH_PIXELS = 2**25, 80_000_000
# Each scan of a JPEG file goes over all of its pixels; progressive ones have about ten.
MAX_SCANS = 32

# What Pillow raises on damaged files, beside OSError (truncated, unknown type) and SyntaxError (broken PNG).
_DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    zlib.error,
    MemoryError,
    OverflowError,
    RecursionError,
    NotImplementedError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    AssertionError,
)


class SkipLog:
    """Names of the images that were skipped, by reason."""

    def __init__(self, skipped: Mapping[str, Sequence[str]] | None = None) -> None:
        self._names: dict[str, list[str]] = {reason: list(names) for reason, names in (skipped or {}).items()}

    def add(self, reason: str, name: str) -> None:
        """Note one skipped file."""
        self._names.setdefault(reason, []).append(name)

    def __len__(self) -> int:
        return sum(map(len, self._names.values()))

    def as_dict(self) -> dict[str, tuple[str, ...]]:
        """Return reason to file names."""
        return {reason: tuple(names) for reason, names in self._names.items()}

    def __str__(self) -> str:
        """One line: each reason with its count and first names; "" where nothing was skipped."""
        return "; ".join(
            f"{reason}: {len(names)} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
            for reason, names in self._names.items()
        )


class SkippedImage(Exception):
    """An image that cannot become a row; the message is the reason."""


def decode(content: bytes, most_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode an image file to RGB, turned upright where its EXIF data says so.

    What is transparent shows `BACKGROUND`; the colours that a file keeps below it are nobody's picture.

    Parameters
    ----------
    content : bytes
    most_pixels : int
        Of a file that is no JPEG.

    Raises
    ------
    SkippedImage
        Truncated, not an image, of more than 8 bits a channel, or of too many pixels.
    """
    try:
        with quiet_pillow():
            image = _open(content, most_pixels)
            image.load()
            if "exif" in image.info:
                image = ImageOps.exif_transpose(image)
            if image.has_transparency_data:
                image = _on_background(image)
    except Image.DecompressionBombError as error:
        raise SkippedImage(TOO_LARGE) from error
    except _DECODING_ERRORS as error:
        raise SkippedImage(UNDECODABLE) from error
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        raise SkippedImage(UNDECODABLE)
    return image if image.mode == "RGB" else image.convert("RGB")


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Leave out Pillow's warnings, on damage in a file and on pixels: both have words or bounds of our own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _open(content: bytes, most_pixels: int) -> Image.Image:
    """The image of a file, not yet decoded; refused where that would take too much memory or time."""
    Image.init()
    formats = [name for name in FORMATS if name in Image.OPEN]
    image = Image.open(io.BytesIO(content), formats=formats)
    photograph = image.format in ("JPEG", "MPO")
    if image.width * image.height > (MAX_PHOTOGRAPH_PIXELS if photograph else most_pixels):
        raise SkippedImage(TOO_LARGE)
    if photograph and content.count(b"\xff\xda") > MAX_SCANS:
        raise SkippedImage(UNDECODABLE)
    return image


def _on_background(image: Image.Image) -> Image.Image:
    """A transparent picture on `BACKGROUND`; Pillow's own way to RGB shows what lies below transparency."""
    colour = image.info.get("transparency")
    if isinstance(colour, tuple) and max(colour) > 255:  # of 16 bits a channel, of which Pillow keeps 8
        image.info["transparency"] = tuple(value >> 8 for value in colour)
    behind = Image.new("RGBA", image.size, (*BACKGROUND, 255))
    return Image.alpha_composite(behind, image.convert("RGBA"))


def crop_and_shrink(image: Image.Image, resolution: int, crop: Crop | None = None) -> NDArray[np.uint8]:
    """Cut a square out of an image and shrink it with an area filter.

    The filter is the mean of the covered area. Where the crop is a whole multiple of the resolution it
    is the exact mean, rounded half up (a multiple that is no power of two can be one grey level off);
    otherwise pixels at the edges of an area count by how far they are covered.

    Parameters
    ----------
    image : PIL image, RGB
    resolution : int
        Side of the result in pixels, at most the side of the crop.
    crop : (left, top, width, height), width = height; None is the largest centred square

    Returns
    -------
    uint8 array, shape (resolution, resolution, 3)

    Raises
    ------
    SkippedImage
        The crop does not lie inside the image, or is smaller than the resolution.
    """
    left, top, side, _ = _centred_square(image) if crop is None else crop
    if left < 0 or top < 0 or left + side > image.width or top + side > image.height:
        raise SkippedImage(CROP_OUTSIDE)
    if side < resolution:
        raise SkippedImage(TOO_SMALL)
    box = (left, top, left + side, top + side)
    if side % resolution == 0:
        return np.asarray(image.reduce(side // resolution, box=box))
    return np.asarray(image.resize((resolution, resolution), Image.Resampling.BOX, box=box))


def read_chunks(
    images: LabelledImages,
    resolution: int,
    crop: Crop | Literal["default"] | None = "default",
    chunk_rows: int = 1024,
    rows: Sequence[int] | NDArray[np.integer] | None = None,
    skipped: SkipLog | None = None,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    """Stream a set as small square images, in row order, one chunk in memory at a time.

    Parameters
    ----------
    images : LabelledImages
    resolution : int
        Side of the images in pixels.
    crop : (left, top, width, height), None or "default"
        None is each image's largest centred square, "default" is `images.default_crop`.
    chunk_rows : int
        Rows in a chunk, before skips.
    rows : int array or None
        The rows to read, in this order; None is all.
    skipped : SkipLog or None
        Where the images that cannot be read are noted by name.

    Yields
    ------
    row_indices : int64 array, shape (n,)
        Rows of `images`; n <= chunk_rows, a skipped image leaves a gap.
    chunk : uint8 array, shape (n, resolution, resolution, 3)

    Raises
    ------
    UserError
        A crop that is not square or smaller than the resolution, an impossible resolution or chunk;
        at the end, if not one image could be read.
    """
    chosen_crop = images.default_crop if crop == "default" else crop
    _check(resolution, chosen_crop, chunk_rows)
    chosen = np.arange(len(images)) if rows is None else np.asarray(rows, dtype=np.int64)
    if len(np.unique(chosen)) != len(chosen):
        raise ValueError("`rows` must name each row once.")
    return _stream(
        images, resolution, chosen_crop, chunk_rows, chosen, SkipLog() if skipped is None else skipped
    )


def _stream(
    images: LabelledImages,
    resolution: int,
    crop: Crop | None,
    chunk_rows: int,
    rows: NDArray[np.int64],
    skipped: SkipLog,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    n_read = 0
    for start in range(0, len(rows), chunk_rows):
        wanted = rows[start : start + chunk_rows]
        chunk = np.empty((len(wanted), resolution, resolution, 3), dtype=np.uint8)
        decoded = np.zeros(len(wanted), dtype=bool)
        place = {int(row): number for number, row in enumerate(wanted)}
        for row in images.archive.reading_order(wanted):
            try:
                chunk[place[row]] = _read_one(images, row, resolution, crop)
            except SkippedImage as reason:
                skipped.add(str(reason), images.files[row])
            else:
                decoded[place[row]] = True
        n_read += int(decoded.sum())
        if decoded.any():
            yield wanted[decoded], chunk[decoded] if not decoded.all() else chunk
    if len(rows) and not n_read:
        raise UserError(f"none of {len(rows)} images could be read: {skipped}. Check the files and the crop.")


def _read_one(images: LabelledImages, row: int, resolution: int, crop: Crop | None) -> NDArray[np.uint8]:
    try:
        content = images.read(row)
    except OSError as error:
        raise SkippedImage(UNREADABLE) from error
    image = decode(content)
    if images.image_size is not None and image.size != images.image_size:
        raise SkippedImage(WRONG_SIZE)
    if images.repeat_edge and crop is not None:
        return cut_square(np.asarray(image), place_upright(crop), resolution)
    return crop_and_shrink(image, resolution, crop)


def _check(resolution: int, crop: Crop | None, chunk_rows: int) -> None:
    if resolution < 1:
        raise UserError(f"`resolution` must be at least 1 pixel. Got {resolution}.")
    if chunk_rows < 1:
        raise UserError(f"`chunk_rows` must be at least 1. Got {chunk_rows}.")
    if crop is None:
        return
    _, _, width, height = crop
    if width != height or width < 1:
        raise UserError(f"`crop` must be a square (left, top, width, height) in pixels. Got {crop}.")
    if width < resolution:
        raise UserError(
            f"`resolution` must be at most the side of the crop ({width}), for images are only shrunk. "
            f"Got {resolution}."
        )


def _centred_square(image: Image.Image) -> Crop:
    side = min(image.size)
    return (image.width - side) // 2, (image.height - side) // 2, side, side
