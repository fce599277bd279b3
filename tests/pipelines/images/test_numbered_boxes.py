"""Numbered boxes are drawn where they are, into a copy."""

from __future__ import annotations

import numpy as np

from pipelines.images.numbered_boxes import COLOUR, draw_numbered_boxes


def test_the_edges_of_a_box_are_drawn_and_its_inside_is_left():
    picture = np.zeros((100, 120, 3), np.uint8)
    drawn = draw_numbered_boxes(picture, np.array([[20.0, 30, 80, 90]]))
    assert not picture.any()
    assert (drawn[30, 20:81] == COLOUR).all()
    assert (drawn[30:91, 80] == COLOUR).all()
    assert not drawn[60:85, 30:75].any()
    assert not drawn[:30].any()
    assert not drawn[:, :20].any()


def test_numbers_stand_in_the_corner_and_differ():
    picture = np.zeros((100, 240, 3), np.uint8)
    drawn = draw_numbered_boxes(picture, np.array([[10.0, 10, 90, 90], [130, 10, 210, 90]]))
    first, second = drawn[10:40, 10:30], drawn[10:40, 130:150]
    assert (first == COLOUR).all(axis=-1).mean() > 0.3
    assert (first != second).any()


def test_boxes_may_reach_outside_and_there_may_be_none():
    picture = np.zeros((50, 50, 3), np.uint8)
    assert draw_numbered_boxes(picture, np.array([[-20.0, -20, 80, 80]])).any()
    np.testing.assert_array_equal(draw_numbered_boxes(picture, np.empty((0, 4))), picture)
