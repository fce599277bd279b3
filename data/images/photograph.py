"""Decode one photograph that a user gives: any common format, upright, with a clear word where it cannot be."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from data.images.decode import TOO_LARGE, UNDECODABLE, SkippedImage, decode, quiet_pillow
from tlgan.errors import UserError

LEAST_SIDE = 20  # pixels; a face of fewer shows nothing
MOST_PIXELS, MOST_UNFOLDED = 80_000_000, 48_000_000  # of a JPEG, and of other files, which take more memory
ANIMATIONS = {"GIF", "PNG", "WEBP"}  # formats whose further images are later frames
SAVE_AGAIN = "Save it again, as JPEG or PNG of 8 bits a channel."


def decode_photograph(content: bytes) -> NDArray[np.uint8]:
    """Decode the file of a photograph to RGB, turned upright where its EXIF data says so.

    Parameters
    ----------
    content : bytes
        Of a JPEG, PNG, WebP, TIFF, BMP or another file that Pillow reads; grey, palette, CMYK and alpha become
        RGB.

    Returns
    -------
    uint8 array, shape (height, width, 3)

    Raises
    ------
    UserError
        Where it is no image, damaged, animated, narrower than 20 pixels, or of more than 80 million pixels, 48
        million where it is no JPEG.
    """
    _check(content)
    try:
        return np.asarray(decode(content, MOST_UNFOLDED))
    except SkippedImage as reason:
        if str(reason) == TOO_LARGE:
            raise UserError(
                f"must have at most {MOST_UNFOLDED:,} pixels where it is no JPEG. Shrink it, or save it as JPEG."
            ) from reason
        raise UserError(f"{reason}. {SAVE_AGAIN}") from reason


def _check(content: bytes) -> None:
    """Refuse, by its header alone, an image that is not to be decoded."""
    with quiet_pillow():  # its own limit is another
        try:
            image = Image.open(io.BytesIO(content))
            animated = image.format in ANIMATIONS and getattr(image, "is_animated", False)
        except Image.DecompressionBombError as error:
            raise UserError(f"has more than {MOST_PIXELS:,} pixels. Shrink it.") from error
        except UnidentifiedImageError as error:
            raise UserError("is no image of a known format. Give a JPEG or PNG.") from error
        except (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error) as error:
            raise UserError(f"{UNDECODABLE}. {SAVE_AGAIN}") from error
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise UserError(f"must have at most {MOST_PIXELS:,} pixels. Got {width}×{height}. Shrink it.")
    if min(width, height) < LEAST_SIDE:
        raise UserError(
            f"must be at least {LEAST_SIDE} pixels wide and high. Got {width}×{height}. Give a larger photograph."
        )
    if animated:
        raise UserError("is an animation. Save one frame of it, as JPEG or PNG.")
