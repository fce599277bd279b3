"""Animations: GIF and WebP through Pillow, MP4 through the ffmpeg of the package imageio-ffmpeg."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipelines.images.picture_files import QUALITY, picture_format
from pipelines.images.picture_note import PictureNote
from tlgan.errors import UserError
from tlgan.storage.atomic_files import replacing

FORMATS = {".gif": "GIF", ".mp4": "MP4", ".webp": "WEBP"}
FRAMES_PER_SECOND = 25  # 40 ms a frame, which GIF can say exactly
PALETTE_FRAMES = 12


def save_animation(
    frames: np.ndarray, path: Path, per_second: float = FRAMES_PER_SECOND, note: PictureNote | None = None
) -> None:
    """Write frames as an animation that repeats, whole or not at all; the end of the name says the format.

    A GIF file carries the note; WebP and MP4 have none.

    Parameters
    ----------
    frames : uint8 array, shape (n, h, w, 3)
    path : Path ending in .gif, .webp or .mp4
    per_second : float, 1 to 100

    Raises
    ------
    UserError
        For another ending, a rate out of range, a place that cannot be written, or MP4 without ffmpeg.
    """
    check_animation(path, per_second)
    form = FORMATS[path.suffix.lower()]
    with replacing(path) as partial:
        if form == "MP4":
            _write_mp4(frames, partial, per_second)
            return
        pictures: Iterator[Image.Image] = (
            _with_one_palette(frames) if form == "GIF" else map(Image.fromarray, frames)
        )
        first = next(pictures)
        first.save(
            partial,
            form,
            save_all=True,
            append_images=pictures,
            duration=round(1000 / per_second),
            loop=0,
            quality=QUALITY,
            **({"comment": note.as_text().encode()} if note and form == "GIF" else {}),
        )


def check_animation(path: Path, per_second: float = FRAMES_PER_SECOND) -> None:
    """Refuse, before anything is drawn, what `save_animation` would refuse afterwards.

    Raises
    ------
    UserError
        As `save_animation`.
    """
    if not 1 <= per_second <= 100:
        raise UserError(f"`fps` must be from 1 to 100. Got {per_second:g}.")
    if picture_format(path, FORMATS) == "MP4":
        _ffmpeg()


def _with_one_palette(frames: np.ndarray) -> Iterator[Image.Image]:
    """Frames in 256 colours, the same for all: colours of their own for each would flicker."""
    chosen = np.unique(np.linspace(0, len(frames) - 1, PALETTE_FRAMES).round().astype(int))
    palette = Image.fromarray(np.concatenate(frames[chosen])).quantize(256, Image.Quantize.MEDIANCUT)
    for frame in frames:
        yield Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)


def _write_mp4(frames: np.ndarray, path: Path, per_second: float) -> None:
    even = frames[:, : frames.shape[1] // 2 * 2, : frames.shape[2] // 2 * 2]  # H.264 wants even sides
    writer = _ffmpeg().write_frames(
        str(path),
        even.shape[2:0:-1],
        fps=per_second,
        codec="libx264",
        quality=8,
        macro_block_size=2,
        output_params=["-f", "mp4", "-movflags", "+faststart"],
    )
    writer.send(None)
    try:
        for frame in even:
            writer.send(np.ascontiguousarray(frame))
    finally:
        writer.close()


def _ffmpeg() -> Any:
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise UserError(
            "MP4 needs ffmpeg, which is not installed here. Get it with `pip install 'imageio[ffmpeg]'`, "
            "or write a .gif or .webp."
        ) from error
    return imageio_ffmpeg
