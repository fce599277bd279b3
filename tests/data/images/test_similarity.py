"""Similarities: exact on points made by one, the least squares of others; sampling by area."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from data.images.decode import crop_and_shrink
from data.images.similarity import Similarity, fit_similarity, warp
from tlgan.errors import UserError

TURNED = Similarity(1.7 * np.exp(0.3j), 12 - 5j)


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_points_turn_clockwise_grow_and_move() -> None:
    quarter = Similarity(2j, 1 + 3j)
    np.testing.assert_allclose(quarter.points([[1.0, 0.0], [0.0, 1.0]]), [[1, 5], [-1, 3]])
    assert quarter.scale == 2
    assert quarter.degrees == pytest.approx(90)


def test_after_and_inverse() -> None:
    points = np.random.default_rng(0).normal(size=(4, 2))
    second = Similarity(0.4 - 0.1j, 3j)
    np.testing.assert_allclose(second.after(TURNED).points(points), second.points(TURNED.points(points)))
    np.testing.assert_allclose(TURNED.inverse().points(TURNED.points(points)), points)


def test_fit_similarity_finds_the_one_that_made_the_targets() -> None:
    points = np.random.default_rng(1).normal(size=(5, 2))
    fitted = fit_similarity(points, TURNED.points(points))
    assert fitted.turn == pytest.approx(TURNED.turn)
    assert fitted.shift == pytest.approx(TURNED.shift)


def test_fit_similarity_is_the_least_squares_of_scattered_targets() -> None:
    random = np.random.default_rng(2)
    points, targets = random.normal(size=(2, 6, 2))
    # x' = a x - b y + c, y' = b x + a y + d, as a linear system
    ones, zeros = np.ones(6), np.zeros(6)
    above = np.stack([points[:, 0], -points[:, 1], ones, zeros], axis=1)
    below = np.stack([points[:, 1], points[:, 0], zeros, ones], axis=1)
    a, b, c, d = np.linalg.lstsq(np.concatenate([above, below]), targets.T.ravel(), rcond=None)[0]
    fitted = fit_similarity(points, targets)
    assert fitted.turn == pytest.approx(complex(a, b))
    assert fitted.shift == pytest.approx(complex(c, d))


def test_fit_similarity_never_mirrors() -> None:
    points = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 1.0]])
    fitted = fit_similarity(points, points * [-1, 1])
    assert np.abs(fitted.points(points) - points * [-1, 1]).max() > 0.5


@pytest.mark.parametrize("which", ["points", "targets"])
def test_fit_similarity_refuses_points_in_one_place(which: str) -> None:
    given = {"points": np.eye(2), "targets": np.eye(2)} | {which: np.ones((2, 2))}
    with pytest.raises(UserError, match="must each lie in more than one place"):
        fit_similarity(**given)


@pytest.mark.parametrize("factor", [1, 2, 3, 4, 7])
def test_warp_of_whole_pixels_is_the_crop_and_its_means(factor: int) -> None:
    image = noise(60, 70)
    side = 8
    got = warp(image, Similarity(factor, 3 + 2j), side, side)
    box = (3, 2, side * factor, side * factor)
    wanted = crop_and_shrink(Image.fromarray(image), side, box)
    np.testing.assert_allclose(got.astype(int), wanted, atol=0 if factor in (1, 2, 4) else 1)


def test_warp_shrinks_large_images_without_aliasing() -> None:
    stripes = np.zeros((640, 640, 3), dtype=np.uint8)
    stripes[:, ::2] = 254
    got = warp(stripes, Similarity(40 * np.exp(0.2j), 150 + 60j), 8, 8)
    np.testing.assert_allclose(got, 127, atol=3)


def test_warp_puts_a_point_where_the_similarity_says() -> None:
    image = np.zeros((80, 80, 3), dtype=np.uint8)
    image[30:34, 50:54] = 255  # its centre is (52, 32)
    placement = Similarity(0.5 * np.exp(0.4j), 40 + 15j)
    got = warp(image, placement, 60, 60)[..., 0].astype(float)
    rows, columns = np.mgrid[:60, :60] + 0.5
    centre = [(got * columns).sum() / got.sum(), (got * rows).sum() / got.sum()]
    np.testing.assert_allclose(centre, placement.inverse().points([52.0, 32.0]), atol=0.05)


def test_warp_repeats_the_edge_outside() -> None:
    image = np.zeros((10, 10, 3), dtype=np.uint8)
    image[:, 0], image[:, -1] = 10, 200
    got = warp(image, Similarity(1, -20 + 0j), 50, 10)
    assert (got[:, :18] == 10).all()
    assert (got[:, 32:] == 200).all()
