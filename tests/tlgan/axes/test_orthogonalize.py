"""Orthogonalising an Axes value: by names, from the raw directions, with cosines that tell the change."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tlgan.axes.axes import Axes, axes_from_directions
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.axes.orthogonalization import gram_schmidt, kept_cosines
from tlgan.axes.orthogonalize import CollinearAxesWarning, orthogonalize_axes
from tlgan.errors import UserError

NAMES = ["Smiling", "Male", "Hat", "Young", "Beard"]


@pytest.fixture
def axes() -> Axes:
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(5, 32)) + 0.8 * rng.normal(size=32)
    made = axes_from_directions(NAMES, rows, latent_space="sphere", generator="toy")
    return dataclasses.replace(made, slopes=np.linalg.norm(rows, axis=1), intercepts=np.arange(5.0))


def collinear(axes: Axes, copy: int = 4, of: int = 1) -> Axes:
    rows = axes.raw_directions.copy()
    rows[copy] = -rows[of]
    return dataclasses.replace(axes, directions=rows, raw_directions=rows)


def test_project_leaves_the_first_of_the_base_and_clears_the_rest(axes):
    result = orthogonalize_axes(axes, ["Young", "Male"])
    young, male = result.directions[3], result.directions[1]
    np.testing.assert_allclose(young, axes.raw_directions[3], atol=1e-15)
    others = result.directions[[0, 2, 4]]
    assert abs(others @ axes.raw_directions[[1, 3]].T).max() < 1e-14
    assert abs(young @ male) < 1e-15
    assert abs(result.directions[0] @ result.directions[2]) > 0.05
    assert (result.method, result.base) == ("project", ("Young", "Male"))


def test_gram_schmidt_takes_the_base_first_then_the_rows_in_order(axes):
    result = orthogonalize_axes(axes, ["Young"], method="gram-schmidt")
    order = [3, 0, 1, 2, 4]
    np.testing.assert_allclose(result.directions[order], gram_schmidt(axes.raw_directions[order]), atol=1e-15)


def test_lowdin_with_a_base_is_orthonormal_and_spans_the_base(axes):
    result = orthogonalize_axes(axes, ["Young", "Male"], method="lowdin")
    np.testing.assert_allclose(result.directions @ result.directions.T, np.eye(5), atol=1e-14)
    assert abs(result.directions[[0, 2, 4]] @ axes.raw_directions[[1, 3]].T).max() < 1e-14
    cosines = result.kept_cosines
    assert cosines[1] == pytest.approx(cosines[3], rel=1e-12)


def test_scale_and_raw_directions_are_not_thrown_away(axes):
    result = orthogonalize_axes(axes, ["Male"])
    np.testing.assert_array_equal(result.slopes, axes.slopes)
    np.testing.assert_array_equal(result.intercepts, axes.intercepts)
    np.testing.assert_array_equal(result.raw_directions, axes.raw_directions)
    np.testing.assert_allclose(
        result.kept_cosines, kept_cosines(result.directions, axes.raw_directions), rtol=1e-14
    )
    assert result.kept_cosines.min() < 0.95


def test_the_regressor_is_not_thrown_away(axes):
    regressor = LatentRegressor.straight(axes.names, axes.raw_directions, np.zeros(len(axes)))
    with_regressor = dataclasses.replace(axes, regressor=regressor)
    made = orthogonalize_axes(with_regressor, [axes.names[0]])
    assert made.regressor is regressor
    assert orthogonalize_axes(made, method="none").regressor is regressor


@pytest.mark.parametrize("method", ["project", "gram-schmidt", "lowdin"])
def test_a_second_call_replaces_the_first(axes, method):
    once = orthogonalize_axes(axes, ["Male"], method=method)
    twice = orthogonalize_axes(orthogonalize_axes(axes, ["Hat", "Young"]), ["Male"], method=method)
    np.testing.assert_array_equal(twice.directions, once.directions)


def test_none_gives_the_raw_directions_back(axes):
    back = orthogonalize_axes(orthogonalize_axes(axes, ["Male"]), ["Male"], method="none")
    np.testing.assert_array_equal(back.directions, axes.raw_directions)
    assert (back.method, back.base) == ("none", ())


@pytest.mark.parametrize("method", ["project", "gram-schmidt", "lowdin"])
def test_one_axis_is_its_own_base(axes, method):
    alone = axes.select(["Hat"])
    result = orthogonalize_axes(alone, ["Hat"], method=method)
    np.testing.assert_allclose(result.directions, alone.directions, atol=1e-15)


@pytest.mark.parametrize("method", ["gram-schmidt", "lowdin"])
@pytest.mark.parametrize("base", [[], ["Smiling"], ["Male", "Beard"]])
def test_collinear_axes_are_refused_by_name(axes, method, base):
    with pytest.raises(UserError, match="'Male' and 'Beard' point opposite ways"):
        orthogonalize_axes(collinear(axes), base, method=method)


def test_project_refuses_a_copy_of_a_base_axis_but_not_of_another(axes):
    with pytest.raises(UserError, match=r"'Beard' lies in the span .* nearest is 'Male'"):
        orthogonalize_axes(collinear(axes), ["Male"])
    assert np.isfinite(orthogonalize_axes(collinear(axes), ["Smiling"]).directions).all()


@pytest.mark.parametrize("method", ["project", "gram-schmidt", "lowdin"])
@pytest.mark.parametrize("base", [["Male"], ["Male", "Beard"], ["Young", "Male", "Hat"]])
def test_collinear_axes_are_dropped_with_their_names_when_asked(axes, method, base):
    with pytest.warns(CollinearAxesWarning, match="Beard"):
        result = orthogonalize_axes(collinear(axes), base, method=method, drop_collinear=True)
    assert result.names == ("Smiling", "Male", "Hat", "Young")
    assert "Beard" not in result.base
    assert np.isfinite(result.directions).all()


@pytest.mark.parametrize("method", ["project", "gram-schmidt", "lowdin"])
def test_dropping_without_a_base(axes, method, recwarn):
    result = orthogonalize_axes(collinear(axes), method=method, drop_collinear=True)
    # Without a base nothing is projected, so a copy is in nobody's way.
    assert len(result) == (5 if method == "project" else 4)
    assert len(recwarn.list) == (0 if method == "project" else 1)


def test_nothing_is_dropped_from_good_axes(axes, recwarn):
    for method in ("project", "gram-schmidt", "lowdin"):
        dropped = orthogonalize_axes(axes, ["Male"], method=method, drop_collinear=True)
        plain = orthogonalize_axes(axes, ["Male"], method=method)
        np.testing.assert_array_equal(dropped.directions, plain.directions)
    assert not recwarn.list


@pytest.mark.parametrize(
    ("base", "method", "message"),
    [
        (["Mael"], "project", "Did you mean 'Male'"),
        (["Male", "Male"], "project", "there twice"),
        (["Male"], "pca", "one of none, project, gram-schmidt, lowdin"),
    ],
)
def test_orthogonalize_axes_refuses(axes, base, method, message):
    with pytest.raises(UserError, match=message):
        orthogonalize_axes(axes, base, method=method)
