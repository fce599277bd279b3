"""The view against areas added up pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.inference.crop import View, celebahq_view, compile_view, look, shrink
from tlgan.errors import UserError


def pictures(resolution, n=2):
    return np.random.default_rng(0).uniform(0, 255, (n, resolution, resolution, 3)).astype("float32")


def area_means(images, view):
    """Each pixel seen as the integral over its square, divided by the square's area, one by one."""
    n, resolution, _, channels = images.shape
    step = view.side * resolution / view.size
    seen = np.zeros((n, view.size, view.size, channels))
    for row in range(view.size):
        for column in range(view.size):
            top, left = view.top * resolution + row * step, view.left * resolution + column * step
            for y in range(resolution):
                for x in range(resolution):
                    height = min(top + step, y + 1) - max(top, y)
                    width = min(left + step, x + 1) - max(left, x)
                    if height > 0 and width > 0:
                        seen[:, row, column] += images[:, y, x] * (height * width / step**2)
    return seen


@pytest.mark.network
@pytest.mark.parametrize(
    "view",
    [
        View(4),
        View(12),
        View(5),
        View(3, left=0.25, top=0.5, side=0.5),
        View(4, left=0.1, top=0.05, side=0.77),
        View(5, left=0.0, top=0.25, side=0.75),
        View(7, left=0.5, top=0.5, side=0.5),
        View(24),
    ],
)
def test_each_pixel_seen_is_the_mean_of_the_area_below_it(view):
    images = pictures(12)
    np.testing.assert_allclose(ops.convert_to_numpy(look(images, view)), area_means(images, view), atol=1e-3)


@pytest.mark.network
@pytest.mark.parametrize(("resolution", "size"), [(64, 16), (64, 64), (30, 10)])
def test_shrinking_by_a_whole_factor_is_the_mean_of_blocks(resolution, size):
    images = pictures(resolution)
    block = resolution // size
    means = images.reshape(2, size, block, size, block, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(ops.convert_to_numpy(shrink(images, size)), means, atol=1e-3)


@pytest.mark.network
def test_shrinking_keeps_what_a_stride_would_lose():
    # Stripes of one pixel: every eighth column shows black or white alone, the area shows grey.
    stripes = np.zeros((1, 64, 64, 3), "float32")
    stripes[:, :, ::2] = 255
    np.testing.assert_allclose(ops.convert_to_numpy(shrink(stripes, 8)), 127.5)


@pytest.mark.network
@pytest.mark.parametrize("view", [View(8), View(5, left=0.1, top=0.1, side=0.8)])
def test_one_colour_stays_and_bytes_are_rounded(view):
    bytes_seen = compile_view(view)(np.full((11, 16, 16, 3), 201, np.uint8))
    assert bytes_seen.dtype == np.uint8
    assert bytes_seen.shape == (11, view.size, view.size, 3)
    assert (bytes_seen == 201).all()
    pair = np.zeros((1, 2, 2, 1), np.uint8)
    pair[0, 0] = 1  # mean one half, rounded up
    assert compile_view(View(1))(pair)[0, 0, 0, 0] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "`size` must be at least 1. Got 0"),
        ((8, 0.0, 0.0, 0.0), "`side` must be above 0 and at most 1"),
        ((8, 0.0, 0.0, 1.5), "`side` must be above 0 and at most 1"),
        ((8, 0.5, 0.0, 0.6), "`left`"),
        ((8, 0.0, -0.1, 0.6), "`top`"),
        ((8, float("nan"), 0.0, 0.6), "`left`"),
    ],
)
def test_impossible_views_are_refused(arguments, message):
    with pytest.raises(UserError, match=message):
        View(*arguments)


def test_celebahq_shows_the_crop_of_celeba():
    # The numbers of docs/how-to/bring-labels.md.
    view = celebahq_view(
        eyes=[(69.5, 111.5), (108.5, 111.5)],
        mouth=[(72.5, 152.5), (105.5, 152.5)],
        crop=(25, 57, 128),
        size=128,
    )
    assert view.size == 128
    # The frame is 156 pixels of the aligned photograph wide, its corner at (11.0, 37.6).
    assert view.side == pytest.approx(128 / 156)
    assert view.left == pytest.approx((25 - 11.0) / 156)
    assert view.top == pytest.approx((57 - 37.6) / 156)
    # The recipe puts the eyes of a frame a quarter of its side apart; the view sees them where the crop does.
    for eye, in_frame in ((69.5, 0.375), (108.5, 0.625)):
        assert (in_frame - view.left) / view.side * 128 == pytest.approx(eye - 25)


def test_celebahq_frame_of_a_long_face_follows_the_mouth():
    view = celebahq_view(eyes=[(40, 40), (60, 40)], mouth=[(42, 90), (58, 90)], crop=(0, 0, 90), size=64)
    assert view.side == pytest.approx(90 / (3.6 * 50))


def test_celebahq_view_wants_upright_eyes():
    with pytest.raises(UserError, match="one level"):
        celebahq_view(eyes=[(40, 40), (60, 45)], mouth=[(42, 90), (58, 90)], crop=(0, 0, 90), size=64)
