"""Charts and tables of pictures: PNG files that show what they are given."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from pipelines.images.charts import small_charts, titled_pictures


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def test_charts_stand_in_rows_of_three():
    line = {"a": ([0, 1], [1, 2]), "b": ([0, 1], [2, 1])}
    sizes = [
        pixels(small_charts({str(n): line for n in range(count)}, "images")).shape for count in (1, 3, 4)
    ]
    assert sizes[1][1] > 2 * sizes[0][1]
    assert sizes[2][0] > 1.5 * sizes[1][0]
    assert sizes[2][1] == sizes[1][1]


def test_every_line_is_drawn():
    one = pixels(small_charts({"x": {"a": ([0, 1], [1, 1]), "b": ([0, 1], [2, 2])}}, "images"))
    for colour in ((31, 119, 180), (255, 127, 14)):  # matplotlib's first and second
        assert (np.abs(one - colour).max(axis=2) < 30).any()


def test_titled_pictures_show_every_picture():
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 0, 255)]
    pictures = [np.full((8, 8, 3), colour, np.uint8) for colour in colours]
    rows = [[(pictures[0], "drawn"), (pictures[1], "0.1")], [(pictures[2], "drawn"), (pictures[3], "0.2")]]
    sheet = pixels(titled_pictures(rows, "Nearest"))
    places = [np.argwhere(np.abs(sheet - colour).max(axis=2) < 5).mean(axis=0) for colour in colours]
    assert places[0][0] == places[1][0] < places[2][0]
    assert places[0][1] == places[2][1] < places[1][1]
