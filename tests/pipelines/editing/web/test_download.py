"""Animations as bytes, and formats that can be written here."""

from __future__ import annotations

import importlib.util
import io

import numpy as np
import pytest
from PIL import Image

from pipelines.editing.web.download import SIDE, animation_bytes, available_formats, check_format
from tlgan.errors import UserError


def test_animation_goes_there_and_back_at_a_good_size():
    frames = np.linspace(0, 240, 4).astype(np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    picture = Image.open(io.BytesIO(animation_bytes(frames, "gif")))
    assert picture.size == (SIDE, SIDE)
    greys = []
    for number in range(picture.n_frames):
        picture.seek(number)
        greys.append(round(np.asarray(picture.convert("L")).mean() / 80))
    assert greys == [0, 1, 2, 3, 2, 1]


def test_mp4_is_offered_where_ffmpeg_is_there(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert available_formats() == ["gif"]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    assert available_formats() == ["gif", "mp4"]


@pytest.mark.parametrize("form", ["avi", "", None, ["gif"], "x" * 99])
def test_check_format_refuses(form):
    check_format("gif")
    with pytest.raises(UserError, match="`format` must be gif or mp4"):
        check_format(form)
