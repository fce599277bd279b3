"""Pictures: sheets, enlargement, files of several formats, and what is refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from pipelines.images.picture_files import (
    contact_sheet,
    enlarge_images,
    picture_format,
    png_bytes,
    save_picture,
    save_png,
)
from tlgan.errors import UserError


def test_contact_sheet_fills_rows_from_the_left_and_the_rest_with_white():
    images = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 3, 3), np.uint8)
    sheet = contact_sheet(images, columns=3)
    assert sheet.shape == (4, 9, 3)
    np.testing.assert_array_equal(sheet[::2, ::3, 0], [[0, 1, 2], [3, 4, 255]])
    np.testing.assert_array_equal(sheet[:2, 3:6], images[1])


def test_png_bytes_are_the_picture():
    image = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png_bytes(image)))), image)
    assert Image.open(io.BytesIO(png_bytes(image, 3))).size == (18, 12)


def test_save_png_replaces_the_whole_file(tmp_path):
    (tmp_path / "x.png").write_text("old")
    save_png(np.full((2, 2, 3), 9, np.uint8), tmp_path / "x.png")
    assert (np.asarray(Image.open(tmp_path / "x.png")) == 9).all()
    assert [path.name for path in tmp_path.iterdir()] == ["x.png"]


def test_enlarging_keeps_flat_pictures_and_sharpening_raises_contrast():
    flat = np.full((2, 8, 8, 3), 77, np.uint8)
    assert (enlarge_images(flat, 4) == 77).all()
    edge = np.zeros((1, 8, 8, 3), np.uint8)
    edge[:, :, 4:] = 128
    soft, sharp = enlarge_images(edge, 4).astype(int), enlarge_images(edge, 4, sharpen=True).astype(int)
    assert sharp.max() > soft.max()


@pytest.mark.parametrize(("scale", "shape"), [(0.5, (1, 2, 4, 3)), (1, (1, 4, 8, 3)), (2.5, (1, 10, 20, 3))])
def test_enlarge_images_rounds_to_whole_pixels(scale, shape):
    assert enlarge_images(np.zeros((1, 4, 8, 3), np.uint8), scale).shape == shape


def test_enlarge_images_of_scale_one_keeps_every_pixel():
    images = np.random.default_rng(0).integers(0, 256, (2, 4, 6, 3), np.uint8)
    np.testing.assert_array_equal(enlarge_images(images, 1), images)


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf"), 0.01, 1e6])
def test_enlarge_images_refuses(scale):
    with pytest.raises(UserError, match="`scale` must"):
        enlarge_images(np.zeros((1, 4, 8, 3), np.uint8), scale)


@pytest.mark.parametrize(
    ("name", "form"), [("x.png", "PNG"), ("a/b/x.JPG", "JPEG"), ("x.jpeg", "JPEG"), ("x.webp", "WEBP")]
)
def test_save_picture_writes_the_format_of_its_ending(tmp_path, name, form):
    save_picture(np.full((8, 8, 3), 120, np.uint8), tmp_path / name)
    picture = Image.open(tmp_path / name)
    assert picture.format == form
    assert np.abs(np.asarray(picture).astype(int) - 120).max() <= 2


@pytest.mark.parametrize("name", ["x.bmp", "x", "x.png.txt"])
def test_save_picture_refuses_other_endings(tmp_path, name):
    with pytest.raises(UserError, match=r"must end in one of \.png"):
        save_picture(np.zeros((4, 4, 3), np.uint8), tmp_path / name)


def test_picture_format_says_where_no_folder_can_be(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be made"):
        picture_format(tmp_path / "file" / "below" / "x.png", {".png": "PNG"})


def test_picture_cannot_replace_a_folder(tmp_path):
    (tmp_path / "x.png").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        save_picture(np.zeros((4, 4, 3), np.uint8), tmp_path / "x.png")
