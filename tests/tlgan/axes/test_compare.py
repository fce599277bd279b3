"""Comparison of two sets of axes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tlgan.axes.axes import axes_from_directions
from tlgan.axes.compare import compare_axes
from tlgan.axes.orthogonalize import orthogonalize_axes
from tlgan.errors import UserError


def axes(names, rows):
    return axes_from_directions(names, rows, latent_space="sphere")


def test_same_names_and_nearest_both_ways():
    first = axes(["smile", "age"], [[1.0, 0, 0], [0, 1, 0]])
    second = axes(["Smile", "age", "pose"], [[-1.0, 0.1, 0], [0, 3, 4], [0, 0, 1]])
    rows = {row.name: row for row in compare_axes(first, second)}
    assert list(rows) == ["smile", "age", "Smile", "pose"]
    assert rows["age"].cosine == pytest.approx(0.6)
    assert math.isnan(rows["smile"].cosine)
    assert rows["smile"].nearest_in_second == "Smile"
    assert rows["smile"].cosine_in_second == pytest.approx(-1 / np.sqrt(1.01))
    assert rows["smile"].nearest_in_first == ""
    assert rows["Smile"].nearest_in_first == "smile"
    assert rows["Smile"].nearest_in_second == ""


def test_raw_compares_what_was_fitted():
    first = axes(["a", "b"], [[1.0, 0], [1, 1]])
    second = orthogonalize_axes(first, ["a"])
    assert compare_axes(first, second)[1].cosine == pytest.approx(np.sqrt(0.5))
    assert compare_axes(first, second, raw=True)[1].cosine == pytest.approx(1.0)


def test_cosines_never_leave_their_range():
    rows = np.random.default_rng(0).normal(size=(40, 512))
    for row in compare_axes(axes(list(map(str, range(40))), rows), axes(list(map(str, range(40))), rows)):
        assert -1 <= row.cosine <= 1
        assert row.nearest_in_second == row.name


def test_different_latent_sizes_are_refused():
    with pytest.raises(UserError, match="Got 2 and 3"):
        compare_axes(axes(["a"], np.eye(1, 2)), axes(["a"], np.eye(1, 3)))
