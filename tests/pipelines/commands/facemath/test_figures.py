"""The command `facemath`: every figure, of a data set and of a folder."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.pipelines.one_line_errors import check_one_line

pytestmark = pytest.mark.network


def test_figures_of_unseen_faces(faces, command, home):
    status, printed, err = command("facemath", faces, "--count", 3)
    assert (status, err) == (0, "")
    folder = home / "runs" / "faces" / "facemath"
    sheets = {path.name: Image.open(path).size for path in folder.glob("*.png")}
    side = 128
    assert sheets == {
        "reconstruction.png": (3 * side, 2 * side),
        "morph.png": (8 * side, side),
        "ageing.png": (5 * side, 3 * side),
        "glasses.png": (6 * side, 3 * side),
        "femininity.png": (6 * side, 3 * side),
        "walk.png": (8 * side, side),
        "sharpening.png": (3 * side, 3 * side),
        "neighbours.png": (8 * side, 3 * side),
    }
    assert Image.open(folder / "morph.gif").n_frames == 60
    assert Image.open(folder / "walk.gif").n_frames > 60  # frames that look alike are one
    assert printed.count("Wrote") == 10


def test_figures_of_a_folder(faces, command, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    random = np.random.default_rng(0)
    for number in range(4):
        Image.fromarray(random.integers(0, 255, (30, 30, 3)).astype("uint8")).save(photos / f"{number}.png")
    chosen = ("--figure", "ageing", "--figure", "sharpening", "--count", 3, "--strength", 200)
    out = tmp_path / "out"
    status, _, err = command("facemath", faces, "--photos", photos, "--aligned", *chosen, "--out", out)
    assert (status, err) == (0, "")
    assert sorted(path.name for path in out.iterdir()) == ["ageing.png", "sharpening.png"]
    assert Image.open(out / "sharpening.png").size == (3 * 128, 3 * 128)


def test_pictures_of_a_folder_without_a_face_are_left_out(faces, command, tmp_path):
    folder, out = tmp_path / "holiday", tmp_path / "out"
    folder.mkdir()
    for number in range(3):
        Image.effect_noise((40, 40), 60).convert("RGB").save(folder / f"{number}.png")
    (folder / "1b.jpg").write_text("no picture")
    options = ("--aligned", "--figure", "reconstruction", "--out", out)
    status, told, err = command("facemath", faces, "--photos", folder, *options)
    assert (status, err) == (0, "")
    assert "Left out" in told
    assert "1b.jpg: is no image" in told
    assert [path.name for path in out.iterdir()] == ["reconstruction.png"]


def test_what_figures_refuse(faces, home, command, tmp_path):
    (tmp_path / "empty").mkdir()
    check_one_line(
        command("facemath", faces, "--photos", tmp_path / "empty"), "must hold at least 3 pictures"
    )
    check_one_line(command("facemath", faces, "--photos", tmp_path / "no"), "must be a folder of photographs")
    assert not (home / "runs" / "faces" / "facemath").exists()
    prepared = next((home / "artifacts").glob("faces-*.h5"))
    prepared.unlink()
    check_one_line(command("facemath", faces), "must have its photographs prepared")
