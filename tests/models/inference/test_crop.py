"""Crops against areas added up pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from data.readers.celeba import DEFAULT_CROP
from models.inference.crop import (
    CELEBA_CROP,
    CropWindow,
    celebahq_crop,
    compile_crop,
    crop_images,
    face_chip_window,
    shrink,
)
from tlgan.errors import UserError


def pictures(resolution, n=2):
    return np.random.default_rng(0).uniform(0, 255, (n, resolution, resolution, 3)).astype("float32")


def area_means(images, window):
    """Each pixel means as the integral over its square, divided by the square's area, one by one."""
    n, resolution, _, channels = images.shape
    step = window.side * resolution / window.size
    means = np.zeros((n, window.size, window.size, channels))
    for row in range(window.size):
        for column in range(window.size):
            top, left = window.top * resolution + row * step, window.left * resolution + column * step
            for y in range(resolution):
                for x in range(resolution):
                    height = min(top + step, y + 1) - max(top, y)
                    width = min(left + step, x + 1) - max(left, x)
                    if height > 0 and width > 0:
                        means[:, row, column] += images[:, y, x] * (height * width / step**2)
    return means


@pytest.mark.network
@pytest.mark.parametrize(
    "window",
    [
        CropWindow(4),
        CropWindow(12),
        CropWindow(5),
        CropWindow(3, left=0.25, top=0.5, side=0.5),
        CropWindow(4, left=0.1, top=0.05, side=0.77),
        CropWindow(5, left=0.0, top=0.25, side=0.75),
        CropWindow(7, left=0.5, top=0.5, side=0.5),
        CropWindow(24),
    ],
)
def test_crop_images_takes_the_mean_of_the_area_below_each_pixel(window):
    images = pictures(12)
    np.testing.assert_allclose(
        ops.convert_to_numpy(crop_images(images, window)), area_means(images, window), atol=1e-3
    )


@pytest.mark.network
@pytest.mark.parametrize(
    "window",
    [
        CropWindow(5, -0.25, -0.5, 1.5, repeat_border=True),
        CropWindow(6, -0.25, -0.25, 1.5, repeat_border=True),  # whole pixels
        CropWindow(9, 0.1, 0.3, 0.9, repeat_border=True),
        CropWindow(4, -1, 1, 0.5, repeat_border=True),  # nothing but border
        CropWindow(4, 0.25, 0.25, 0.5, repeat_border=True),
    ],
)
def test_crop_images_repeats_the_border_beyond_it(window):
    images = pictures(12)
    wide = np.pad(images, ((0, 0), (12, 12), (12, 12), (0, 0)), mode="edge")
    inside = CropWindow(window.size, (window.left + 1) / 3, (window.top + 1) / 3, window.side / 3)
    np.testing.assert_allclose(
        ops.convert_to_numpy(crop_images(images, window)), area_means(wide, inside), atol=1e-3
    )


@pytest.mark.network
@pytest.mark.parametrize(("resolution", "size"), [(64, 16), (64, 64), (30, 10)])
def test_shrink_by_a_whole_factor_is_the_mean_of_blocks(resolution, size):
    images = pictures(resolution)
    block = resolution // size
    means = images.reshape(2, size, block, size, block, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(ops.convert_to_numpy(shrink(images, size)), means, atol=1e-3)


@pytest.mark.network
def test_shrink_averages_stripes_that_a_stride_would_lose():
    # Stripes of one pixel: every eighth column shows black or white alone, the area shows grey.
    stripes = np.zeros((1, 64, 64, 3), "float32")
    stripes[:, :, ::2] = 255
    np.testing.assert_allclose(ops.convert_to_numpy(shrink(stripes, 8)), 127.5)


@pytest.mark.network
@pytest.mark.parametrize("window", [CropWindow(8), CropWindow(5, left=0.1, top=0.1, side=0.8)])
def test_compile_crop_leaves_one_colour_as_it_is_and_rounds(window):
    cropped = compile_crop(window)(np.full((11, 16, 16, 3), 201, np.uint8))
    assert cropped.dtype == np.uint8
    assert cropped.shape == (11, window.size, window.size, 3)
    assert (cropped == 201).all()
    pair = np.zeros((1, 2, 2, 1), np.uint8)
    pair[0, 0] = 1  # mean one half, rounded up
    assert compile_crop(CropWindow(1))(pair)[0, 0, 0, 0] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "`size` must be at least 1. Got 0"),
        ((8, 0.0, 0.0, 0.0), "`side` must be above 0 and at most 1"),
        ((8, 0.0, 0.0, 1.5), "`side` must be above 0 and at most 1"),
        ((8, 0.5, 0.0, 0.6), "`left`"),
        ((8, 0.0, -0.1, 0.6), "`top`"),
        ((8, float("nan"), 0.0, 0.6), "`left`"),
        ((8, -1.1, 0.0, 1.0, True), "`left` . `side` must lie in the picture, -1 to 2"),
        ((8, 0.0, 1.6, 0.5, True), "`top`"),
        ((8, 0.0, 0.0, 3.1, True), "`side` must be above 0 and at most 3"),
    ],
)
def test_impossible_windows_are_refused(arguments, message):
    with pytest.raises(UserError, match=message):
        CropWindow(*arguments)


@pytest.mark.parametrize("picture", [CELEBA_CROP, (0, 40, 178), (25.0, 57.0, 128.0)])
def test_face_chip_window_shows_the_pixels_of_dlibs_chip(picture):
    window = face_chip_window(picture)
    left, top, side = picture
    assert window.size == 150
    for pixel in (0, 74, 149):
        # The middle of a pixel of the result, in pixels of the photograph counted from centre to centre.
        place = (pixel + 0.5) / 150 * window.side * side - 0.5
        assert left + window.left * side + place == pytest.approx(0.7252 * pixel + 34.4)
        assert top + window.top * side + place == pytest.approx(0.7252 * pixel + 78.6)


def test_face_chip_ends_a_little_below_the_picture():
    window = face_chip_window()
    assert window.left > 0
    assert window.left + window.side < 1
    assert window.top + window.side == pytest.approx(1 + 2.5 / 128, abs=0.001)
    assert face_chip_window(size=7) == CropWindow(7, window.left, window.top, window.side, repeat_border=True)


def test_pictures_of_this_project_show_the_square_that_celeba_is_read_with():
    assert (*CELEBA_CROP, CELEBA_CROP[2]) == DEFAULT_CROP


def test_celebahq_crop_shows_what_the_crop_of_celeba_shows():
    # The numbers of docs/how-to/bring-labels.md.
    window = celebahq_crop(
        eyes=[(69.5, 111.5), (108.5, 111.5)],
        mouth=[(72.5, 152.5), (105.5, 152.5)],
        crop=(25, 57, 128),
        size=128,
    )
    assert window.size == 128
    # The frame is 156 pixels of the aligned photograph wide, its corner at (11.0, 37.6).
    assert window.side == pytest.approx(128 / 156)
    assert window.left == pytest.approx((25 - 11.0) / 156)
    assert window.top == pytest.approx((57 - 37.6) / 156)
    # The recipe puts the eyes of a frame a quarter of its side apart; the window shows them where the crop does.
    for eye, in_frame in ((69.5, 0.375), (108.5, 0.625)):
        assert (in_frame - window.left) / window.side * 128 == pytest.approx(eye - 25)


def test_celebahq_crop_of_a_long_face_depends_on_the_mouth():
    window = celebahq_crop(eyes=[(40, 40), (60, 40)], mouth=[(42, 90), (58, 90)], crop=(0, 0, 90), size=64)
    assert window.side == pytest.approx(90 / (3.6 * 50))


def test_celebahq_crop_refuses_eyes_on_two_levels():
    with pytest.raises(UserError, match="one level"):
        celebahq_crop(eyes=[(40, 40), (60, 45)], mouth=[(42, 90), (58, 90)], crop=(0, 0, 90), size=64)
