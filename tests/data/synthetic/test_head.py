"""Large parts of a portrait: where they lie and how they follow their factor."""

from __future__ import annotations

import numpy as np

from data.synthetic.canvas import Canvas
from data.synthetic.head import (
    apply_light,
    paint_age_lines,
    paint_backdrop,
    paint_beard,
    paint_body,
    paint_face,
    paint_hair_behind,
    paint_hair_in_front,
    strand_brightness,
)
from tests.data.synthetic.faces_by_factor import drawn, faces, painted


def test_paint_backdrop_fills_the_picture_with_its_colour() -> None:
    canvas = drawn(paint_backdrop, faces("Background", -2, 2))
    assert painted(canvas).mean() > 0.95
    red, _, blue = canvas.planes.mean(axis=(2, 3))
    assert red[0] > blue[0]
    assert blue[1] > red[1]


def test_paint_hair_behind_falls_further_where_it_is_long() -> None:
    short, long = painted(drawn(paint_hair_behind, faces("Hair_Length", -2, 2)))
    assert not short[48:].any()
    assert long[48:].any()


def test_paint_hair_in_front_covers_the_forehead_with_a_fringe() -> None:
    face = faces("Fringe", -2, 2)
    brightness = strand_brightness(Canvas.blank(2, 64), face)
    without, with_fringe = painted(drawn(paint_hair_in_front, face, brightness))
    forehead = np.s_[20:26, 28:36]
    assert with_fringe[forehead].mean() > without[forehead].mean() + 0.3


def test_strand_brightness_is_near_one_and_waves_where_hair_is_wavy() -> None:
    straight, wavy = strand_brightness(Canvas.blank(2, 64), faces("Wavy_Hair", -3, 3))
    assert 0.8 < straight.min() < straight.max() < 1.3
    # Straight strands keep their column from row to row.
    assert np.abs(np.diff(straight[40:60], axis=0)).max() < 0.02
    assert np.abs(np.diff(wavy[40:60], axis=0)).max() > 0.05


def test_paint_body_lies_below_the_face_and_is_broader_for_male() -> None:
    female, male = painted(drawn(paint_body, faces("Male", -2, 2)))
    assert not female[:44].any()
    neck = np.s_[48:52]
    assert male[neck].sum() > female[neck].sum()


def test_paint_face_is_as_wide_as_its_factor_and_has_the_colour_of_its_skin() -> None:
    narrow, wide = painted(drawn(paint_face, faces("Face_Width", -2, 2)))
    assert wide[40].sum() > narrow[40].sum()
    light, dark = drawn(paint_face, faces("Skin_Tone", -2, 2)).planes[:, :, 22:26, 30:34].mean(axis=(0, 2, 3))
    assert light > dark + 0.3


def test_paint_age_lines_come_with_age() -> None:
    young, old = painted(drawn(paint_age_lines, faces("Age", -3, 3), grey=1.0), grey=1.0)
    assert not young.any()
    assert old.sum() > 50


def test_paint_beard_shows_none_far_below_the_threshold_and_covers_the_jaw_alone() -> None:
    none, full = painted(drawn(paint_beard, faces("Beard", -3, 3)))
    assert not none.any()
    assert full[48:52, 28:36].all()
    assert not full[:32].any()


def test_apply_light_brightens_one_side_and_darkens_the_other_more() -> None:
    canvas = drawn(apply_light, faces("Light", -2, 0, 2))
    left, right = canvas.planes[0, :, :, :16].mean(axis=(1, 2)), canvas.planes[0, :, :, 48:].mean(axis=(1, 2))
    np.testing.assert_allclose([left[1], right[1]], 0.5)
    assert left[0] > 0.5 > right[0]
    assert right[2] > 0.5 > left[2]
    assert 0.5 - left[2] > right[2] - 0.5
