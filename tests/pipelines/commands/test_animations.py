"""Animations have the frames asked for, and show the edits asked for."""

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


def test_morph_of_one_face_goes_to_its_edited_self_and_back(finished_with_regressor, command, tmp_path):
    arguments = ("--seeds", 3, "--frames", 8, "--set", "Smiling=+0.3")
    status, printed, _ = command("morph", finished_with_regressor, *arguments, "--out", tmp_path / "m.gif")
    assert status == 0
    assert "before" in printed
    assert Image.open(tmp_path / "m.gif").n_frames == 8


def test_morph_of_several_faces_has_the_edit_on_each(finished_with_regressor, command, tmp_path):
    morph = ("morph", finished_with_regressor, "--seeds", "3,8", "--frames", 4)
    status, printed, _ = command(*morph, "--set", "Smiling=+0.3", "--out", tmp_path / "m.gif")
    assert status == 0
    assert "edited" in printed
    assert "seed 8" in printed
    assert command(*morph, "--out", tmp_path / "plain.gif")[0] == 0
    assert (tmp_path / "m.gif").read_bytes() != (tmp_path / "plain.gif").read_bytes()
