"""`align`: crops and numbered boxes are written, and nothing is where something is wrong."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image

from data.images.alignment import TEMPLATE
from data.images.similarity import Similarity
from tests.pipelines.dotted_faces import (
    LARGE,
    SMALL,
    dotted_photograph,
    find_dots,
    use_dot_detector,
)
from tests.pipelines.one_line_errors import check_one_line


@pytest.fixture
def dot_detector(monkeypatch):
    return use_dot_detector(monkeypatch, LARGE, SMALL)


@pytest.fixture
def two_faces(tmp_path):
    path = tmp_path / "two.png"
    Image.fromarray(dotted_photograph(LARGE, SMALL)).save(path)
    return path


@pytest.mark.parametrize(("number", "placement"), [(1, LARGE), (2, SMALL)])
def test_align_writes_the_crop_and_the_boxes(tmp_path, two_faces, dot_detector, command, number, placement):
    out, boxes = tmp_path / "crops" / "crop.png", tmp_path / "boxes.png"
    status, told, err = command("align", two_faces, "--out", out, "--face", number, "--boxes", boxes)
    assert status == 0, err
    assert f"Found 2 faces, took number {number} of them by size" in told
    pixels, degrees = map(int, re.search(r"(\d+) pixels, turned by ([+-]\d+) degrees", told).groups())
    assert pixels == pytest.approx(128 * placement.scale, rel=0.02)
    assert degrees == pytest.approx(placement.degrees, abs=1.5)
    crop = np.asarray(Image.open(out))
    np.testing.assert_allclose(find_dots(crop), (TEMPLATE - (25, 57)) / 2, atol=0.8)
    drawn = np.asarray(Image.open(boxes))
    assert (drawn != dotted_photograph(LARGE, SMALL)).any()
    assert drawn.shape == (400, 500, 3)


def test_align_says_what_a_person_should_know(tmp_path, two_faces, dot_detector, command):
    _, told, _ = command("align", two_faces, "--out", tmp_path / "a.png", "--face", 2, "--size", 256)
    assert re.search(r"The crop is enlarged: it shows 10\d pixels", told)
    assert "of the crop lies outside" not in told
    Image.fromarray(dotted_photograph(LARGE, SMALL)[:, 55:]).save(two_faces)
    dot_detector.placements = [Similarity(1, -55).after(placement) for placement in (LARGE, SMALL)]
    _, told, _ = command("align", two_faces, "--out", tmp_path / "a.png", "--face", 2)
    assert "of the crop lies outside the photograph" in told


def test_without_a_detector_an_aligned_picture_is_taken_with_a_sentence(tmp_path, home, command):
    Image.new("RGB", (178, 218)).save(tmp_path / "aligned.png")
    for options, told in (((), "Taken as aligned already"), (("--aligned",), "Wrote")):
        status, out, err = command(
            "align", tmp_path / "aligned.png", "--out", tmp_path / "crop.png", *options
        )
        assert status == 0, err
        assert out.startswith(told)
        assert Image.open(tmp_path / "crop.png").size == (64, 64)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--face", 3), "`--face` must be from 1 to 2"),
        (("--size", 3), "`size` must be from 8 to 1024"),
        (("--aligned",), "square, or of 178×218"),
        (("--aligned", "--boxes", "boxes.png"), "Leave one of them"),
        (("--out", "crop.bmp"), "must end in one of .png"),
        (("--boxes", "boxes.gif"), "must end in one of .png"),
    ],
)
def test_what_is_wrong_is_one_line_and_writes_nothing(
    tmp_path,
    two_faces,
    dot_detector,
    command,
    monkeypatch,
    options,
    words,
):
    monkeypatch.chdir(tmp_path)
    check_one_line(command("align", two_faces, "--out", "crop.png", *options), words)
    assert [path.name for path in tmp_path.iterdir()] == ["two.png"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a text", "is no image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image cannot be decoded"),
        (None, "no such file"),
    ],
)
def test_what_is_no_photograph_is_one_line_with_its_path(tmp_path, dot_detector, command, content, words):
    path = tmp_path / "photo.jpg"
    if content is not None:
        path.write_bytes(content)
    check_one_line(command("align", path, "--out", tmp_path / "crop.png"), path, words)
    assert not (tmp_path / "crop.png").exists()
