"""Pictures for people: contact sheets and PNG files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from tlgan.files import replacing


def contact_sheet(images: np.ndarray, columns: int) -> np.ndarray:
    """Images side by side, row by row; the last row is filled up with white.

    Parameters
    ----------
    images : uint8 array, shape (n, h, w, 3)

    Returns
    -------
    uint8 array, shape (rows · h, columns · w, 3)
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


def png_bytes(image: np.ndarray, scale: int = 1) -> bytes:
    """A uint8 picture (h, w, 3) as PNG, enlarged smoothly by a whole factor."""
    picture = Image.fromarray(image)
    if scale > 1:
        picture = picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def save_png(image: np.ndarray, path: Path, scale: int = 1) -> None:
    """Write a PNG file, whole or not at all."""
    with replacing(path) as partial:
        partial.write_bytes(png_bytes(image, scale))
