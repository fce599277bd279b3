"""Animations of faces as files to download."""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path

import numpy as np

from pipelines.images.animation import check_animation, save_animation
from pipelines.images.picture_files import enlarge_images
from pipelines.images.picture_note import PictureNote
from tlgan.errors import UserError

MIME_TYPES = {"gif": "image/gif", "mp4": "video/mp4"}
SIDE = 256  # small faces are enlarged to about this many pixels


def available_formats() -> list[str]:
    """The formats that can be written here: MP4 needs imageio's ffmpeg."""
    return [form for form in MIME_TYPES if form != "mp4" or importlib.util.find_spec("imageio_ffmpeg")]


def check_format(form: str) -> None:
    """Refuse, before anything is drawn, a format that cannot be written.

    Raises
    ------
    UserError
        For another format than gif and mp4, or mp4 without ffmpeg.
    """
    if form not in tuple(MIME_TYPES):
        raise UserError(f"`format` must be gif or mp4. Got {str(form)[:20]!r}.")
    check_animation(Path(f"animation.{form}"))


def animation_bytes(images: np.ndarray, form: str, note: PictureNote | None = None) -> bytes:
    """Frames, uint8 (n, R, R, 3), there and back, as a file that repeats."""
    frames = enlarge_images(images, max(1, SIDE // images.shape[1]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"animation.{form}"
        save_animation(np.concatenate([frames, frames[-2:0:-1]]), path, note=note)
        return path.read_bytes()
