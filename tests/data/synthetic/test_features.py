"""Small parts of a portrait: where they lie and how they follow their factor."""

from __future__ import annotations

import numpy as np
import pytest

from data.synthetic.features import draw_brow, draw_eye, draw_glasses, draw_mouth, draw_nose
from tests.data.synthetic.faces_by_factor import drawn, faces, painted


def box(mask: np.ndarray) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the painted pixels, in the units of the canvas."""
    rows, columns = np.nonzero(mask)
    place = lambda pixel: (pixel + 0.5) / 32 - 1  # noqa: E731
    return place(columns.min()), place(rows.min()), place(columns.max()), place(rows.max())


@pytest.mark.parametrize("side", [-1, 1])
def test_draw_eye_lies_at_its_side_and_grows_with_its_size(side: int) -> None:
    masks = painted(drawn(draw_eye, faces("Eye_Size", -2, 2), side))
    for mask in masks:
        left, top, right, bottom = box(mask)
        assert (left + right) / 2 == pytest.approx(side * 0.195, abs=0.04)
        assert top < 0 < bottom
    assert masks[1].sum() > 1.3 * masks[0].sum()


def test_draw_eye_takes_the_colour_of_its_factor() -> None:
    canvas = drawn(draw_eye, faces("Eye_Colour", -2, 2), 1)
    red, _, blue = canvas.planes[:, :, 28:36, 34:43].mean(axis=(2, 3))
    assert red[0] > blue[0]
    assert blue[1] > red[1]


@pytest.mark.parametrize("side", [-1, 1])
def test_draw_brow_lies_above_the_eye_and_grows_thick(side: int) -> None:
    thin, thick = painted(drawn(draw_brow, faces("Thick_Brows", -2, 2), side))
    left, _, right, bottom = box(thin)
    assert bottom < -0.1
    assert (left + right) / 2 == pytest.approx(side * 0.20, abs=0.04)
    assert thick.sum() > 1.5 * thin.sum()


def test_draw_nose_grows_wide_with_its_size() -> None:
    narrow, wide = (box(mask) for mask in painted(drawn(draw_nose, faces("Nose_Size", -2, 2))))
    assert wide[2] - wide[0] > narrow[2] - narrow[0] + 0.1
    assert narrow[0] == pytest.approx(-narrow[2], abs=0.05)


def test_draw_mouth_opens() -> None:
    closed, opened = (box(mask) for mask in painted(drawn(draw_mouth, faces("Mouth_Open", -2, 3))))
    assert opened[3] - opened[1] > closed[3] - closed[1] + 0.05


def test_draw_mouth_has_corners_up_in_a_smile() -> None:
    canvas = drawn(draw_mouth, faces("Smiling", -3, 3))
    heights = []
    for mask in painted(canvas):
        columns = np.flatnonzero(mask.any(axis=0))
        corner = np.nonzero(mask[:, columns[1]])[0].mean()
        middle = np.nonzero(mask[:, 32])[0].mean()
        heights.append(corner - middle)
    assert heights[1] < heights[0] - 1  # rows count downwards


def test_draw_glasses_shows_none_far_below_the_threshold() -> None:
    none, worn = painted(drawn(draw_glasses, faces("Glasses", -3, 3)))
    assert not none.any()
    assert worn.sum() > 200
    left, _, right, _ = box(worn)
    assert left == pytest.approx(-right, abs=0.05)


def test_features_follow_a_turned_head() -> None:
    left, right = (box(mask) for mask in painted(drawn(draw_mouth, faces("Head_Turn", -2, 2))))
    assert right[0] > left[0] + 0.1
