"""The cascade finds bright squares where they are, with made-up networks whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from models.inference.face_cascade import find_faces, propose_boxes, read_landmarks
from tests.models.inference.bright_squares import MARKS, picture_of_squares, square_networks

NETWORKS = square_networks()


def found(picture: np.ndarray, smallest: float = 20.0):
    return find_faces(NETWORKS, Image.fromarray(picture), smallest)


@pytest.mark.parametrize("square", [(60, 40, 30), (31, 57, 44), (20, 20, 100)])
def test_a_square_is_found_with_its_landmarks(square):
    faces = found(picture_of_squares(200, 160, square))
    left, top, side = square
    assert len(faces) == 1
    np.testing.assert_allclose(faces.boxes[0], (left, top, left + side, top + side), atol=0.06 * side)
    np.testing.assert_allclose(faces.landmarks[0], MARKS * side + (left, top), atol=0.06 * side)
    assert faces.scores[0] > 0.9


def test_the_largest_comes_first():
    faces = found(picture_of_squares(300, 200, (20, 30, 30), (150, 40, 90), (60, 120, 45)))
    widths = faces.boxes[:, 2] - faces.boxes[:, 0]
    np.testing.assert_allclose(widths, [90, 45, 30], atol=5)
    assert faces.select([1]).boxes[0, 0] == pytest.approx(60, abs=4)


def test_faces_smaller_than_asked_are_not_looked_for():
    picture = picture_of_squares(200, 160, (60, 40, 30))
    assert len(found(picture, smallest=90)) == 0


@pytest.mark.parametrize("size", [(200, 160), (12, 12), (5, 300), (1, 1)])
def test_nothing_is_found_in_black(size):
    faces = found(np.zeros((*size, 3), dtype=np.uint8))
    assert len(faces) == 0
    assert faces.boxes.shape == (0, 4)
    assert faces.landmarks.shape == (0, 5, 2)


def test_propose_boxes_gives_squares_around_the_square():
    boxes = propose_boxes(NETWORKS.propose, Image.fromarray(picture_of_squares(200, 160, (60, 40, 30))), 20)
    sides = boxes[:, 2:] - boxes[:, :2]
    np.testing.assert_allclose(sides[:, 0], sides[:, 1])
    np.testing.assert_allclose(boxes[0], (52.5, 32.5, 97.5, 77.5), atol=8)  # of 12 pixels, 8 are the square


def test_networks_are_given_colours_around_zero_with_channels_first():
    given = []

    def mark(images):
        given.append(images)
        return [np.arange(10.0)[None], None, None]

    image = np.zeros((1, 48, 48, 3), dtype=np.uint8)
    image[..., 2] = 255
    landmarks = read_landmarks(mark, image)
    assert given[0].shape == (1, 3, 48, 48)
    assert given[0].dtype == np.float32
    np.testing.assert_allclose(given[0][0, :, 5, 5], np.array([-127.5, -127.5, 127.5]) / 128)
    np.testing.assert_array_equal(landmarks[0], [(0, 5), (1, 6), (2, 7), (3, 8), (4, 9)])
