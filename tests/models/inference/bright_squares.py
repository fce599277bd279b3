"""Three made-up networks that take a bright square on black for a face, so that the truth is known."""

from __future__ import annotations

import numpy as np

from models.inference.face_cascade import FaceNetworks

# Where the made-up landmarks lie in the square, in sides of it.
MARKS = np.array([(0.3, 0.35), (0.7, 0.35), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)])


def square_networks() -> FaceNetworks:
    """Networks for `find_faces`."""
    return FaceNetworks(_propose, _offsets_and_scores, _mark)


def picture_of_squares(width: int, height: int, *squares: tuple[int, int, int]) -> np.ndarray:
    """A black picture, uint8 (height, width, 3), with white squares (left, top, side)."""
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    for left, top, side in squares:
        picture[top : top + side, left : left + side] = 255
    return picture


def _light(images: np.ndarray) -> np.ndarray:
    """Red light, 0 to 1, of what a network is given."""
    return (images[:, 0] * 128 + 127.5) / 255


def _propose(images: np.ndarray) -> list[np.ndarray]:
    """How far each 12×12 cell has a white square of 8×8 in its middle, and black around it."""
    cells = np.lib.stride_tricks.sliding_window_view(_light(images)[0], (12, 12))[::2, ::2]
    pattern = np.full((12, 12), -1 / 80)
    pattern[2:10, 2:10] = 1 / 64
    scores = np.einsum("yxab,ab->yx", cells, pattern).clip(0, 1)
    return [np.zeros((1, 4, *scores.shape)), np.stack([1 - scores, scores])[None]]


def _offsets_and_scores(images: np.ndarray) -> list[np.ndarray]:
    """The edges of the light in each cell, as offsets in sides; the score is the light there."""
    light = _light(images)
    size = light.shape[-1]
    edges = []
    for axis in (1, 2):  # light along x, then along y
        profile = light.max(axis=axis)
        first = (profile > 0.5).argmax(axis=1)
        last = size - (profile[:, ::-1] > 0.5).argmax(axis=1)
        edges += [(first / size, last / size - 1)]
    (left, right), (top, bottom) = edges
    scores = light.mean(axis=(1, 2)).clip(0, 1) ** 0.1
    return [np.stack([left, top, right, bottom], axis=1), np.stack([1 - scores, scores], axis=1)]


def _mark(images: np.ndarray) -> list[np.ndarray]:
    offsets, scores = _offsets_and_scores(images)
    left, top, right, bottom = offsets.T[:, :, None]
    x = left + MARKS[:, 0] * (1 + right - left)
    y = top + MARKS[:, 1] * (1 + bottom - top)
    return [np.concatenate([x, y], axis=1), offsets, scores]
