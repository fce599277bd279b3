"""Pictures for people: contact sheets, enlargement and sharpening, and picture files of any common format."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
from PIL.PngImagePlugin import PngInfo

from pipelines.images.picture_note import KEY, PictureNote
from tlgan.errors import UserError
from tlgan.storage.atomic_files import replacing

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
QUALITY = 92  # of JPEG and WebP
MOST_PIXELS = 2**28  # of a whole picture
SHARPENING = 80  # per cent of the difference from the blurred picture


def contact_sheet(images: np.ndarray, columns: int) -> np.ndarray:
    """Images side by side, row by row; the last row is filled up with white.

    Parameters
    ----------
    images : uint8 array, shape (n, h, w, 3)
    columns : int

    Returns
    -------
    uint8 array, shape (rows · h, columns · w, 3)

    Examples
    --------
    >>> contact_sheet(np.zeros((5, 64, 64, 3), np.uint8), columns=3).shape
    (128, 192, 3)
    """
    n, height, width, channels = images.shape
    rows = -(-n // columns)
    sheet = np.full((rows * columns, height, width, channels), 255, np.uint8)
    sheet[:n] = images
    return (
        sheet.reshape(rows, columns, height, width, channels)
        .swapaxes(1, 2)
        .reshape(rows * height, columns * width, channels)
    )


def png_bytes(image: np.ndarray, scale: int = 1, note: PictureNote | None = None) -> bytes:
    """A uint8 picture (h, w, 3) as the bytes of a PNG file, enlarged by a whole factor (`enlarge_images`)."""
    buffer = io.BytesIO()
    picture = Image.fromarray(enlarge_images(image[None], scale)[0])
    picture.save(buffer, "PNG", optimize=True, pnginfo=_png_texts(note))
    return buffer.getvalue()


def _png_texts(note: PictureNote | None) -> PngInfo | None:
    if note is None:
        return None
    texts = PngInfo()
    texts.add_itxt(KEY, note.as_text())
    return texts


def save_png(image: np.ndarray, path: Path, scale: int = 1) -> None:
    """Write a PNG file, whole or not at all."""
    with replacing(path) as partial:
        partial.write_bytes(png_bytes(image, scale))


def enlarge_images(
    images: np.ndarray, scale: float, sharpen: bool = False, strength: int = SHARPENING
) -> np.ndarray:
    """Enlarge (or shrink) each picture by itself with Lanczos' filter; sharpen it where asked.

    Parameters
    ----------
    images : uint8 array, shape (n, h, w, 3)
    scale : float, above 0
    sharpen : bool
        Pillow's unsharp mask, with a radius of one pixel of the original.
    strength : int
        Of the mask, in per cent of the difference from the blurred picture.

    Returns
    -------
    uint8 array, shape (n, round(scale · h), round(scale · w), 3)

    Raises
    ------
    UserError
        Where the pictures would be empty or too large for memory.

    Examples
    --------
    >>> enlarge_images(np.zeros((5, 64, 64, 3), np.uint8), 4).shape
    (5, 256, 256, 3)
    """
    if not np.isfinite(scale) or scale <= 0:
        raise UserError(f"`scale` must be above 0 and finite. Got {scale:g}.")
    height, width = (round(scale * side) for side in images.shape[1:3])
    if not (min(height, width) >= 1 and len(images) * height * width <= MOST_PIXELS):
        raise UserError(
            f"`scale` must keep the picture between 1 and {MOST_PIXELS:,} pixels. Got {len(images)} of "
            f"{width}×{height}; take another scale."
        )
    pictures = np.empty((len(images), height, width, 3), np.uint8)
    for number, image in enumerate(images):
        picture = Image.fromarray(image)
        if picture.size != (width, height):
            picture = picture.resize((width, height), Image.Resampling.LANCZOS)
        if sharpen:
            mask = ImageFilter.UnsharpMask(radius=max(1.0, scale), percent=strength, threshold=0)
            picture = picture.filter(mask)
        pictures[number] = np.asarray(picture)
    return pictures


def save_picture(image: np.ndarray, path: Path, note: PictureNote | None = None) -> None:
    """Write a uint8 picture (h, w, 3), whole or not at all; the end of the name says the format.

    A PNG file carries the note; JPEG and WebP have none.

    Raises
    ------
    UserError
        For another ending, or a place that cannot be written.
    """
    form = picture_format(path, FORMATS)
    with replacing(path) as partial:
        Image.fromarray(image).save(partial, form, quality=QUALITY, pnginfo=_png_texts(note))


def picture_format(path: Path, formats: dict[str, str]) -> str:
    """The format that the end of a file's name stands for; refuses others, and makes the folder."""
    form = formats.get(path.suffix.lower())
    if form is None:
        raise UserError(f"{path}: must end in one of {', '.join(formats)}. Got {path.suffix!r}; rename it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{path.parent}: cannot be made ({error.strerror}); choose another folder."
        ) from error
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name a file.")
    return form
