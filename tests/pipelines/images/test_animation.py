"""Animations: frames, durations, formats, and what is refused."""

from __future__ import annotations

import builtins

import numpy as np
import pytest
from PIL import Image

from pipelines.images.animation import check_animation, save_animation
from tlgan.errors import UserError


def frames(count: int = 4, height: int = 8, width: int = 10) -> np.ndarray:
    """Flat frames, each brighter than the one before."""
    grey = np.linspace(20, 220, count).astype(np.uint8)[:, None, None, None]
    return np.broadcast_to(grey, (count, height, width, 3)).copy()


@pytest.mark.parametrize(("name", "milliseconds"), [("m.gif", 40), ("new/m.WEBP", 40), ("m.gif", 100)])
def test_save_animation_keeps_frames_and_their_duration(tmp_path, name, milliseconds):
    save_animation(frames(), tmp_path / name, 1000 / milliseconds)
    picture = Image.open(tmp_path / name)
    assert (picture.n_frames, picture.size) == (4, (10, 8))
    for number, grey in enumerate((20, 86, 153, 220)):
        picture.seek(number)
        pixels = np.asarray(picture.convert("RGB")).astype(int)
        assert picture.info["duration"] == milliseconds
        assert np.abs(pixels - grey).max() <= 4
    assert picture.info["loop"] == 0


@pytest.mark.parametrize("rate", [0.5, 101, float("nan"), -25])
def test_check_animation_refuses_a_rate(tmp_path, rate):
    with pytest.raises(UserError, match="`fps` must be from 1 to 100"):
        check_animation(tmp_path / "m.gif", rate)


def test_save_animation_refuses_other_formats_and_writes_nothing(tmp_path):
    with pytest.raises(UserError, match=r"must end in one of \.gif, \.mp4, \.webp"):
        save_animation(frames(), tmp_path / "m.png")
    assert not list(tmp_path.iterdir())


def test_mp4_has_the_frames_given(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    frames = np.random.default_rng(0).integers(0, 255, (5, 34, 33, 3), np.uint8)
    save_animation(frames, tmp_path / "m.mp4", 25)
    facts, *read = ffmpeg.read_frames(str(tmp_path / "m.mp4"))
    assert facts["size"] == (32, 34)
    assert len(read) == 5
    assert list(tmp_path.iterdir()) == [tmp_path / "m.mp4"]


def test_mp4_without_ffmpeg_names_the_command(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name == "imageio_ffmpeg":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError, match=r"pip install 'imageio\[ffmpeg\]'"):
        save_animation(np.zeros((2, 8, 8, 3), np.uint8), tmp_path / "m.mp4")
    assert not list(tmp_path.iterdir())
