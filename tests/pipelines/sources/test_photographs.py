"""Faces of photographs are cut out as the networks know faces, whatever their turn and size."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from data.images.alignment import TEMPLATE
from data.images.decode import crop_and_shrink
from data.images.similarity import Similarity
from data.readers.celeba import DEFAULT_CROP
from models.inference.crop import CropWindow
from pipelines.sources.photographs import (
    DETECTOR_SQUARE,
    align_face,
    open_photograph,
    search_photograph,
    size_for,
)
from tests.pipelines.dotted_faces import (
    LARGE,
    SMALL,
    dotted_photograph,
    find_dots,
    use_dot_detector,
)
from tlgan.errors import UserError

IN_CROP = (TEMPLATE - DEFAULT_CROP[:2]) / 128  # where landmarks lie in a crop, in sides of it


@pytest.fixture
def dot_detector(monkeypatch):
    return use_dot_detector(monkeypatch, LARGE, SMALL)


@pytest.mark.parametrize(("number", "placement"), [(1, LARGE), (2, SMALL)])
@pytest.mark.parametrize("size", [64, 128])
def test_landmarks_lie_in_the_crop_as_in_the_aligned_set(dot_detector, number, placement, size):
    opened = search_photograph(dotted_photograph(LARGE, SMALL))
    face = align_face(opened, number, size)
    assert face.crop.shape == (size, size, 3)
    np.testing.assert_allclose(find_dots(face.crop), IN_CROP * size, atol=0.012 * size)
    np.testing.assert_allclose(face.placement.points(IN_CROP), placement.points(TEMPLATE), atol=1)


def test_the_second_look_is_at_the_face_upright(dot_detector):
    align_face(search_photograph(dotted_photograph(LARGE)))
    (looked,) = dot_detector.looked
    assert looked.shape == (48, 48, 3)
    eyes = find_dots(looked)[:2]
    assert abs(eyes[0, 1] - eyes[1, 1]) < 2  # level within the error of the first look


@pytest.mark.parametrize("aligned", [True, False])
def test_without_a_detector_an_aligned_picture_is_taken_as_it_is(tmp_path, monkeypatch, aligned):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    for height, width in ((218, 178), (96, 96)):
        pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
        opened = search_photograph(pixels, aligned)
        assert opened.faces is None
        assert ("make face-detector" in opened.note) is not aligned
        crop = DEFAULT_CROP if height == 218 else (0, 0, 96, 96)
        wanted = crop_and_shrink(Image.fromarray(pixels), crop[2] // 2, crop)
        np.testing.assert_array_equal(align_face(opened, size=crop[2] // 2).crop, wanted)
        with pytest.raises(UserError, match=r"must be from 1 to 1, the faces found\. Got 2"):
            align_face(opened, 2)


@pytest.mark.parametrize(
    ("aligned", "remedy"), [(True, "without `--aligned`"), (False, "make face-detector")]
)
def test_without_a_detector_another_picture_is_refused(tmp_path, monkeypatch, aligned, remedy):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    with pytest.raises(UserError, match=rf"square, or of 178×218 pixels.* Got 40×30\..*{remedy}"):
        search_photograph(np.zeros((30, 40, 3), np.uint8), aligned)


@pytest.mark.parametrize(
    ("size", "taken"), [((30, 40), (0, 5, 30)), ((41, 30), (5, 0, 30)), ((96, 96), (0, 0, 96))]
)
def test_without_a_detector_the_centred_square_is_taken_where_that_is_asked(
    tmp_path, monkeypatch, size, taken
):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    top, left, side = taken
    opened = search_photograph(pixels, centred=True)
    np.testing.assert_array_equal(opened.pixels, pixels[top : top + side, left : left + side])
    assert ("largest centred square" in opened.note) is (side == 30)
    assert "make face-detector" in opened.note
    with pytest.raises(UserError, match="square, or of 178×218") if side == 30 else nullcontext():
        search_photograph(pixels, aligned=True, centred=True)


@pytest.mark.parametrize(
    ("resolution", "window", "size"),
    [
        (64, None, 64),
        (4, None, 8),
        (64, CropWindow(64, 0.1, 0.1, 0.8), 80),
        (32, CropWindow(32, side=0.01), 1024),
    ],
)
def test_size_for_a_labeller_is_what_it_reads(resolution, window, size):
    assert size_for(SimpleNamespace(resolution=resolution, window=window)) == size


def test_no_face_is_one_line(monkeypatch):
    use_dot_detector(monkeypatch)
    with pytest.raises(UserError, match=r"no face was found\. Turn the photograph upright"):
        search_photograph(np.zeros((64, 64, 3), np.uint8))


def test_a_face_drawn_in_flat_colours_is_refused(dot_detector):
    photograph = dotted_photograph(LARGE, SMALL)
    drawing = photograph // 8 * 8  # without grain
    opened = search_photograph(drawing)
    with pytest.raises(UserError, match=r"face 2 must be photographed, not drawn: .*Got [89][0-9]%"):
        align_face(opened, 2)
    square = search_photograph(drawing[:400, :400], aligned=True)
    assert align_face(square).crop.shape == (64, 64, 3)


@pytest.mark.parametrize("number", [0, 3, -1])
def test_a_number_without_a_face_is_refused(dot_detector, number):
    with pytest.raises(UserError, match=f"`--face` must be from 1 to 2, the faces found. Got {number}"):
        align_face(search_photograph(dotted_photograph(LARGE, SMALL)), number)


@pytest.mark.parametrize("size", [0, 7, 1025])
def test_a_crop_of_another_size_is_refused(size):
    with pytest.raises(UserError, match=f"`size` must be from 8 to 1024 pixels. Got {size}"):
        align_face(search_photograph(np.zeros((64, 64, 3), np.uint8), aligned=True), size=size)


@pytest.mark.parametrize(("beyond", "refused"), [(0, False), (40, False), (64, True), (100, True)])
def test_a_face_that_the_edge_cuts_off_is_refused(monkeypatch, beyond, refused):
    """`beyond` pixels of the crop's 128 lie to the left of the photograph."""
    whole = Similarity(1, 100 + 40j)
    photograph = dotted_photograph(whole)[:, 125 + beyond :]
    detector = use_dot_detector(monkeypatch, Similarity(1, -25 - beyond + 40j))
    # Dots may be cut off, so what is seen of the upright face is given.
    detector.error, detector.landmarks = 0.0, lambda _: (TEMPLATE[None] - DETECTOR_SQUARE[:2]) / 116
    opened = search_photograph(photograph)
    if refused:
        with pytest.raises(UserError, match=r"face 1 must lie in the photograph: at most 33% .* Got \d\d%"):
            align_face(opened)
    else:
        np.testing.assert_allclose(align_face(opened).placement.shift, -beyond + 97j, atol=0.1)


def test_open_photograph_names_the_file_in_every_error(tmp_path, dot_detector):
    Image.fromarray(dotted_photograph(LARGE, SMALL)).save(tmp_path / "two.png")
    assert len(open_photograph(tmp_path / "two.png").faces) == 2
    (tmp_path / "text.jpg").write_text("a text")
    for name, message in (("text.jpg", "is no image"), ("none.jpg", "there is no such file")):
        with pytest.raises(UserError, match=message) as error:
            open_photograph(tmp_path / name)
        assert str(error.value).startswith(str(tmp_path / name))
        assert str(error.value).count(name) == 1
