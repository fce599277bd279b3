"""Methods of editing along an axis: how far each moves, and where it gives up."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tlgan.evaluation.linear_example import planted
from tlgan.axes.axes import Axes
from tlgan.axes.orthogonalize import orthogonalize_axes
from tlgan.editing.edit_methods import EDIT_METHODS, available_edits, build_edit
from tlgan.editing.linear_predictors import predictors
from tlgan.errors import UserError


def test_axis_orthogonal_to_its_raw_direction_is_nan() -> None:
    axes = planted("sphere")
    near = np.array([1.0, 0.004]) @ axes.raw_directions[[0, 3]]
    directions = np.concatenate([axes.directions[:1], near[None] / np.linalg.norm(near), axes.directions[2:]])
    twins = Axes(**{**vars(axes), "directions": directions, "raw_directions": directions, "base": ("Male",)})
    move = build_edit(twins, "project")
    assert np.isnan(move(np.ones((2, 32)), 1, 1.0)).all()
    assert np.isfinite(move(np.ones((2, 32)), 2, 1.0)).all()


def test_locked_edits_on_the_sphere_end_on_it_and_are_nan_out_of_reach() -> None:
    axes = planted("sphere")
    latents = np.random.default_rng(2).standard_normal((5, 32))
    moved = build_edit(axes, "all-locked")(latents, 1, 2.0)
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), np.sqrt(32))
    assert np.isnan(build_edit(axes, "all-locked")(latents, 1, 50.0)).all()


def test_an_axis_that_depends_on_the_base_is_nan_and_the_others_are_not() -> None:
    axes = planted()
    directions = np.concatenate([axes.directions[:1], axes.directions[:1], axes.directions[2:]])
    twins = Axes(**{**vars(axes), "directions": directions, "raw_directions": directions, "base": ("Male",)})
    latents = np.ones((3, 32))
    for edit in ("project", "gram-schmidt", "lowdin", "base-locked"):
        move = build_edit(twins, edit)
        assert np.isnan(move(latents, 1, 1.0)).all(), edit
        assert np.isfinite(move(latents, 2, 1.0)).all(), edit


def test_build_edit_refuses_an_unknown_edit() -> None:
    with pytest.raises(UserError, match="`edit`"):
        build_edit(planted(), "sideways")


@pytest.mark.parametrize("space", ["normal", "uniform"])
@pytest.mark.parametrize("edit", ["raw", "base-locked", "all-locked", "project", "gram-schmidt", "lowdin"])
def test_build_edit_changes_the_predictor_as_one_standard_deviation_does(edit, space) -> None:
    axes = orthogonalize_axes(planted(space), ["Male"])
    latents = np.random.default_rng(5).uniform(-1, 1, (3, 32))
    change = predictors(axes, build_edit(axes, edit)(latents, 1, 1.0)) - predictors(axes, latents)
    np.testing.assert_allclose(change[:, 1], 3.0 * {"normal": 1, "uniform": 1 / np.sqrt(3)}[space])


@pytest.mark.parametrize("edit", available_edits(planted(), EDIT_METHODS))
def test_build_edit_of_step_zero_leaves_latents_where_they_are(edit) -> None:
    latents = np.random.default_rng(6).standard_normal((2, 32))
    moved = build_edit(planted(), edit, ["Male"])(latents, 1, 0.0)
    np.testing.assert_allclose(moved, latents, atol=1e-12)


def test_build_edit_refuses_an_unknown_base() -> None:
    with pytest.raises(UserError, match=r"There is no axis named 'Mail'\. Did you mean 'Male'"):
        build_edit(planted(), "project", ["Mail"])
