"""Faces are placed where their landmarks say, and an aligned photograph is cropped as its reader does."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from data.images.alignment import TEMPLATE, cut_square, place_square, place_upright, share_outside
from data.images.decode import crop_and_shrink
from data.images.similarity import Similarity
from data.readers.celeba import DEFAULT_CROP
from tlgan.errors import UserError


def test_an_aligned_photograph_gives_the_crop_of_its_reader() -> None:
    photograph = np.random.default_rng(0).integers(0, 256, (218, 178, 3), dtype=np.uint8)
    placement = place_square(TEMPLATE, DEFAULT_CROP)
    assert placement.turn == pytest.approx(128)
    assert placement.shift == pytest.approx(25 + 57j)
    for size in (64, 128):
        wanted = crop_and_shrink(Image.fromarray(photograph), size, DEFAULT_CROP)
        np.testing.assert_array_equal(cut_square(photograph, placement, size), wanted)


def test_place_square_follows_turned_landmarks() -> None:
    moved = Similarity(2.3 * np.exp(-0.25j), 40 + 90j)
    placement = place_square(moved.points(TEMPLATE), DEFAULT_CROP)
    corners = np.array([(0, 0), (1, 0), (1, 1)])
    np.testing.assert_allclose(placement.points(corners), moved.points(corners * 128 + (25, 57)))


def test_place_square_uses_all_five_points() -> None:
    landmarks = TEMPLATE.copy()
    landmarks[4, 1] += 20
    changed = place_square(landmarks, DEFAULT_CROP)
    assert abs(changed.degrees) > 1


@pytest.mark.parametrize(
    ("landmarks", "message"),
    [
        (np.zeros((4, 2)), r"five finite points.* Got shape \(4, 2\)"),
        (np.full((5, 2), np.nan), "five finite points"),
        (np.ones((5, 2)), "more than one place"),
    ],
)
def test_place_square_refuses_other_landmarks(landmarks: np.ndarray, message: str) -> None:
    with pytest.raises(UserError, match=message):
        place_square(landmarks, DEFAULT_CROP)


@pytest.mark.parametrize(
    ("square", "share"),
    [((0, 0, 10, 10), 0), ((-5, 0, 10, 10), 0.5), ((5, 5, 10, 10), 0.75), ((10, 0, 10, 10), 1)],
)
def test_share_outside_is_the_area_beyond_the_edge(square: tuple[float, ...], share: float) -> None:
    assert share_outside(place_upright(square), 10, 10) == pytest.approx(share)
