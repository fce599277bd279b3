from __future__ import annotations

import numpy as np
import pytest

from data.synthetic.canvas import Canvas


def test_window_paints_into_the_whole_canvas() -> None:
    canvas = Canvas.blank(2, 8)
    part = canvas.window(-1, -1, 0, 0)
    assert part.planes.shape == (3, 2, 4, 4)
    part.paint(np.ones((2, 4, 4), np.float32), np.float32([[1, 0.5, 0], [0, 0, 1]]))
    np.testing.assert_array_equal(canvas.planes[:, 0, :4, :4].mean(axis=(1, 2)), [1, 0.5, 0])
    assert not canvas.planes[:, :, 4:].any()


def test_cover_is_one_half_at_the_edge_and_one_pixel_soft() -> None:
    canvas = Canvas.blank(1, 8)  # a pixel is 0.25 units
    coverage = canvas.cover(np.float32([-0.25, -0.125, 0, 0.0625, 0.125, 1]))
    np.testing.assert_allclose(coverage, [0, 0, 0.5, 0.75, 1, 1])


@pytest.mark.parametrize("resolution", [32, 128])
def test_ellipse_covers_its_area(resolution: int) -> None:
    canvas = Canvas.blank(1, resolution)
    coverage = canvas.cover(canvas.ellipse(np.zeros((1, 1, 1), np.float32), 0.1, 0.5, 0.5))
    assert coverage.sum() * (2 / resolution) ** 2 == pytest.approx(np.pi / 4, rel=0.01)


def test_between_leaves_rows_of_negative_width_empty() -> None:
    canvas = Canvas.blank(1, 16)
    half_width = np.where(canvas.y < 0, -0.2, 0.5).astype(np.float32)
    coverage = canvas.cover(canvas.between(half_width, np.zeros((1, 1, 1), np.float32)))
    assert not coverage[0, :7].any()
    np.testing.assert_allclose(coverage[0, 10:].mean(axis=1), 0.5, atol=0.01)
