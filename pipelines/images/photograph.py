"""A photograph from a file, framed for a labeller."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlgan.errors import UserError
from tlgan.storage.stray_files import refuse_stray_file

if TYPE_CHECKING:
    from PIL.Image import Image

CENTRED_SQUARE = "the largest centred square"


@dataclass(frozen=True, eq=False)
class FramedPhotograph:
    """The square of a photograph that is read.

    Attributes
    ----------
    pixels : uint8 array, shape (R, R, 3)
    framing : str, how the square was chosen, in words
    size : (width, height) of the photograph, in pixels
    """

    pixels: NDArray[np.uint8]
    framing: str
    size: tuple[int, int]


def open_photograph(path: Path) -> FramedPhotograph:
    """Open a photograph, upright and in three colours, and frame it.

    Raises
    ------
    UserError
        Where there is no such file, or it is no picture that can be decoded.
    """
    from data.images.decode import SkippedImage, decode

    if not path.is_file():
        raise UserError(f"{path}: there is no such picture; check the name.")
    refuse_stray_file(path, "a picture")
    try:
        return frame(decode(path.read_bytes()))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); correct its permissions.") from error
    except SkippedImage as error:
        raise UserError(f"{path}: {error}. Save it as .jpg or .png.") from error


def frame(image: Image) -> FramedPhotograph:
    """The square of a photograph that a labeller is to see.

    A labeller reads faces framed as those that it was trained on, so the face should be found and aligned here.
    As long as nothing here finds faces, it is the largest centred square.
    """
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side))
    return FramedPhotograph(np.asarray(square), CENTRED_SQUARE, image.size)
