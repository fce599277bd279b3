"""Animations have the frames asked for."""

from __future__ import annotations

from PIL import Image


def test_animations_have_the_frames_given(finished, command, tmp_path):
    morph = ("morph", finished, "--seeds", "3,8", "--frames", 6, "--scale", 2)
    assert command(*morph, "--out", tmp_path / "m.gif")[0] == 0
    picture = Image.open(tmp_path / "m.gif")
    assert (picture.n_frames, picture.info["duration"], picture.info["loop"]) == (6, 40, 0)
    walk = ("walk", finished, "--seed", 5, "--steps", 8, "--fps", 10)
    assert command(*walk, "--out", tmp_path / "w.webp")[0] == 0
    assert Image.open(tmp_path / "w.webp").n_frames == 8
