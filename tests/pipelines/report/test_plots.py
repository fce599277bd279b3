"""Pictures of the report: their size, their colours, and that unknown values are shown."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from pipelines.report.plots import (
    captioned_sheet,
    curves,
    data_uri,
    draw_strip,
    heat_map,
    intervals,
    scatter,
    stack_strips,
)
from tlgan.axes.axes import axes_from_directions
from tlgan.latents.geometry import move_along


def test_draw_strip_moves_each_face_along_the_axis():
    """A generator whose picture is its latent shows the steps themselves."""

    class LatentAsPicture:
        latent_space = "normal"

        def __call__(self, latents):
            return np.clip(latents * 10 + 100, 0, 255).astype(np.uint8).reshape(-1, 1, 1, 3)

    latents, direction = np.float32([[0, 0, 0], [3, 3, 3]]), np.float64([0, 1, 0])
    axes = axes_from_directions(["Green"], direction[None], latent_space="normal")
    picture = draw_strip(LatentAsPicture(), axes, "Green", latents, np.float64([-2, 0, 2]), "raw")
    assert picture.shape == (2, 3, 3)
    np.testing.assert_array_equal(picture[0], [[100, 80, 100], [100, 100, 100], [100, 120, 100]])
    moved = move_along(latents, direction, 2.0, "normal")
    np.testing.assert_array_equal(picture[1, 2], moved[1] * 10 + 100)


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def has_colour(png: bytes, colour: tuple[int, int, int], least: int = 30) -> bool:
    """Whether so many pixels are of a colour, to 3 levels."""
    return int((np.abs(pixels(png) - colour).max(axis=2) <= 3).sum()) >= least


def test_data_uri_holds_the_picture():
    kind, _, content = data_uri(b"\x89PNG").partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(content) == b"\x89PNG"


def test_heat_map_is_blue_red_and_grey_where_unknown():
    png = heat_map(np.array([[-1.0, 1.0], [np.nan, 0.0]]), ["a_b", "c"], "title")
    for colour in ((5, 48, 97), (103, 0, 31), (187, 187, 187)):
        assert has_colour(png, colour), colour


def test_pictures_of_equal_data_are_equal_bytes():
    lines = {"a": ([100, 1000], [3.0, 1.0], "-"), "b": ([100, 1000], [np.nan, 2.0], "--")}
    assert curves(lines, "t", "x", "y", log=True) == curves(lines, "t", "x", "y", log=True)
    assert curves(lines, "t", "x", "y") != curves({"a": lines["a"]}, "t", "x", "y")


def test_intervals_grow_with_their_rows_and_show_unknown_ends():
    few = {"judge": np.array([[1.0, 0.5, 1.5], [2.0, np.nan, np.nan]])}
    many = {"judge": np.tile([1.0, 0.5, 1.5], (20, 1))}
    assert len(pixels(intervals(many, list("abcdefghijklmnopqrst"), "t", "x"))) > len(
        pixels(intervals(few, ["a", "b"], "t", "x", ideal=1.0))
    )


def test_scatter_is_a_picture():
    points = (np.array([0.0, 1.0, np.nan]), np.arange(3.0))
    one, two = (scatter(groups, "t", "x", "y") for groups in ({"a": points}, {"a": points, "b": points}))
    assert pixels(one).shape[2] == 3
    assert one != two
    assert pixels(scatter({"a": (np.zeros(0), np.zeros(0))}, "t", "x", "y")).shape[2] == 3


def test_stack_strips_has_a_row_for_each_name():
    strip = np.zeros((8, 24, 3), np.uint8)
    one, three = (len(pixels(stack_strips([strip] * count, ["a"] * count))) for count in (1, 3))
    assert three > 2.5 * one


def test_a_captioned_sheet_shows_every_picture():
    columns = [np.full((2, 8, 8, 3), tone, np.uint8) for tone in (40, 90, 200)]
    columns[1][1] = (250, 10, 10)
    png = captioned_sheet(columns, ["face", "redrawn", "Smiling 1"])
    for colour in ((40, 40, 40), (90, 90, 90), (200, 200, 200), (250, 10, 10)):
        assert has_colour(png, colour, 1000)
