"""Movements as files: GIF through Pillow, MP4 through imageio's ffmpeg where it is installed."""

from __future__ import annotations

import importlib.util
import io
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from tlgan.errors import UserError

FRAMES_PER_SECOND = 20
SIDE = 256  # small faces are enlarged to about this many pixels


def formats() -> list[str]:
    """The formats that can be written here."""
    installed = importlib.util.find_spec("imageio") and importlib.util.find_spec("imageio_ffmpeg")
    return ["gif", "mp4"] if installed else ["gif"]


def movement_bytes(images: np.ndarray, form: str) -> bytes:
    """Frames, uint8 (n, R, R, 3), there and back as a GIF, or once as an MP4."""
    if form not in ("gif", "mp4"):
        raise UserError(f"`format` must be gif or mp4. Got {str(form)[:20]!r}.")
    if form not in formats():
        raise UserError("MP4 needs imageio and its ffmpeg: pip install 'imageio[ffmpeg]'. GIF works without.")
    scale = max(1, SIDE // images.shape[1])
    size = images.shape[1] * scale
    frames = [Image.fromarray(image).resize((size, size), Image.Resampling.LANCZOS) for image in images]
    if form == "gif":
        frames += frames[-2:0:-1]
        buffer = io.BytesIO()
        first, *others = frames
        first.save(
            buffer, "GIF", save_all=True, append_images=others, loop=0, duration=1000 // FRAMES_PER_SECOND
        )
        return buffer.getvalue()
    import imageio.v3 as imageio

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "movement.mp4"
        imageio.imwrite(path, np.stack([np.asarray(frame) for frame in frames]), fps=FRAMES_PER_SECOND)
        return path.read_bytes()
