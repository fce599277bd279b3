"""Axes of several sources in one value."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tlgan.axes.axes import Axes, axes_from_directions
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.axes.merge import merge_axes
from tlgan.errors import UserError


def part(*names: str, **changes: object) -> Axes:
    rows = np.random.default_rng(len(names)).normal(size=(len(names), 6))
    return dataclasses.replace(
        axes_from_directions(names, rows, latent_space="sphere", generator="g"), **changes
    )


def test_merge_keeps_the_order_and_every_value():
    merged = merge_axes([part("a", "b"), part("c", slopes=np.array([2.0]), units=("years",))])
    assert merged.names == ("a", "b", "c")
    assert merged.units == ("", "", "years")
    np.testing.assert_array_equal(merged.slopes, [np.nan, np.nan, 2.0])
    np.testing.assert_array_equal(merged.directions[:2], part("a", "b").directions)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (part("a"), "'a' is there twice"),
        (part("b", generator="h"), "x has 'g', y has 'h'"),
        (part("b", latent_space="normal"), "x has 'sphere', y has 'normal'"),
        (part("b", method="project", base=("b",)), "must not be orthogonalised yet. y is, by 'project'"),
        (axes_from_directions(["b"], np.eye(1, 7), latent_space="sphere", generator="g"), "x has 6, y has 7"),
    ],
)
def test_merge_refuses(other, message):
    with pytest.raises(UserError, match=message):
        merge_axes([part("a"), other], ["x", "y"])


def test_merge_of_nothing_is_refused():
    with pytest.raises(UserError, match="Got none"):
        merge_axes([])


def test_merge_keeps_the_one_regressor_and_none_of_several():
    regressor = LatentRegressor.straight(["a"], np.eye(1, 6), [0.0])
    other = LatentRegressor.straight(["c"], np.eye(1, 6), [0.0])
    merged = merge_axes([part("b"), part("a", regressor=regressor)])
    assert merged.regressor is regressor
    assert merged.select(["b"]).regressor is regressor
    assert merge_axes([part("a", regressor=regressor), part("c", regressor=other)]).regressor is None
    assert merge_axes([part("a"), part("b")]).regressor is None
