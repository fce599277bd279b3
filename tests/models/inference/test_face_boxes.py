"""Boxes: the best of those that overlap, moved edges, squares, and cells cut to a fraction of a pixel."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from models.inference.face_boxes import cut_cells, move_boxes, square_boxes, suppress_overlaps

BOXES = np.array([(0, 0, 10, 10), (1, 0, 11, 10), (20, 0, 30, 10), (2, 2, 6, 6)], float)
SCORES = np.array([0.7, 0.9, 0.8, 0.6])


def test_suppress_overlaps_takes_the_best_of_each_group_best_first():
    # Boxes 0 and 1 share 90 of 110 pixels; 3 covers 16 of 100 of the union.
    assert suppress_overlaps(BOXES, SCORES, most=0.5).tolist() == [1, 2, 3]
    assert suppress_overlaps(BOXES, SCORES, most=0.9).tolist() == [1, 2, 0, 3]


def test_suppress_overlaps_of_the_smaller_box_takes_out_boxes_inside_others():
    assert suppress_overlaps(BOXES, SCORES, most=0.5, of_smaller=True).tolist() == [1, 2]


def test_suppress_overlaps_of_nothing_is_nothing():
    assert suppress_overlaps(np.empty((0, 4)), np.empty(0), most=0.5).tolist() == []


def test_move_boxes_moves_edges_by_shares_of_the_sides():
    moved = move_boxes(np.array([[10.0, 20, 30, 60]]), np.array([[0.1, -0.1, 0.5, 0.25]]))
    np.testing.assert_allclose(moved, [[12, 16, 40, 70]])


def test_square_boxes_lengthen_the_shorter_side_around_the_centre():
    boxes = np.array([[0, 0, 10, 4], [3, 0, 5, 8.0]])
    np.testing.assert_allclose(square_boxes(boxes), [[0, -3, 10, 7], [0, 0, 8, 8]])


def test_cut_cells_of_whole_pixels_are_the_pixels():
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    cells = cut_cells(Image.fromarray(image), np.array([[4.0, 3, 12, 11]]), 8)
    np.testing.assert_array_equal(cells[0], image[3:11, 4:12])


def test_cut_cells_follow_fractions_of_a_pixel():
    """On a slope of light, the mean of a cell tells where it lies."""
    slope = np.broadcast_to(4 * np.arange(60, dtype=np.uint8)[None, :, None], (40, 60, 3))
    boxes = np.array([[left, 5, left + 16, 21] for left in (10.0, 10.25, 10.5, 10.75)])
    means = cut_cells(Image.fromarray(slope), boxes, 8).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(means - means[0], [0, 1, 2, 3], atol=0.4)


@pytest.mark.parametrize("box", [(-5.0, -5, 5, 5), (-40.0, -40, -30, -30)])
def test_cut_cells_are_black_outside_the_image(box):
    image = Image.new("RGB", (20, 20), (200, 200, 200))
    cell = cut_cells(image, np.array([box]), 10)[0]
    assert (cell[:4, :4] == 0).all()
    assert (cell[6:, 6:] == (200 if box[2] > 0 else 0)).all()
