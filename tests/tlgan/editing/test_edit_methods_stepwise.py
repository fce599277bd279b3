"""Edits by short steps: soft locks on linear predictors, and paths along the gradient of a regressor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.tlgan.axes.quadratic_regressor import quadratic_regressor
from tests.tlgan.evaluation.linear_example import planted
from tlgan.axes.axes import Axes
from tlgan.axes.latent_regressor import PER_ATTRIBUTE
from tlgan.editing.edit_methods import EDIT_METHODS, STRICTNESS, available_edits, build_edit
from tlgan.editing.linear_predictors import deviations, predictors
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents


@pytest.fixture
def bent() -> Axes:
    """Axes of a regressor that adds to Beard the square of Male's predictor."""
    axes = planted()
    squares = np.zeros((4, 4))
    squares[1, 0] = 1.5
    regressor = quadratic_regressor(
        axes.names, axes.raw_directions, np.diag(axes.slopes), squares, axes.intercepts
    )
    return replace(axes, regressor=regressor)


@pytest.fixture
def latents() -> np.ndarray:
    return draw_latents(0, 6, 32, space="normal", seed=3).astype(float)


def test_local_edits_are_there_where_a_regressor_is(bent: Axes) -> None:
    assert available_edits(bent, EDIT_METHODS) == EDIT_METHODS
    assert set(EDIT_METHODS) - set(available_edits(planted(), EDIT_METHODS)) == set(STRICTNESS)
    with pytest.raises(UserError, match="must have axes with a regressor"):
        build_edit(planted(), "local")


@pytest.mark.parametrize("edit", STRICTNESS)
@pytest.mark.parametrize("step", [-1.0, 2.0])
def test_a_step_of_a_local_edit_is_a_deviation_of_the_score(bent, latents, edit, step) -> None:
    moved = build_edit(bent, edit)(latents, 0, step)
    change = (bent.regressor(moved) - bent.regressor(latents))[:, 0]
    np.testing.assert_allclose(change, step * bent.regressor.scales[0], rtol=0.01)


def test_a_local_edit_holds_what_bends_with_the_target_and_a_straight_one_cannot(bent, latents) -> None:
    changes = {}
    for edit in ("all-locked", "local-free", "local", "local-strict"):
        moved = build_edit(bent, edit)(latents, 0, 1.0)
        beard = (bent.regressor(moved) - bent.regressor(latents))[:, 1]
        changes[edit] = np.abs(beard).mean() / bent.regressor.scales[1]
    assert changes["all-locked"] > 0.5
    assert changes["local-free"] > changes["local"] > changes["local-strict"]
    assert changes["local-strict"] < 0.35 * changes["all-locked"]


@pytest.mark.parametrize("space", ["sphere", "normal", "uniform"])
def test_soft_locks_change_the_target_in_full_and_the_others_less_than_the_raw_axis(space) -> None:
    axes = planted(space)
    latents = draw_latents(0, 20, 32, space=space, seed=5).astype(float)
    step = 0.5  # a latent in the box has no room for more
    changes = {
        edit: (predictors(axes, build_edit(axes, edit)(latents, 1, step)) - predictors(axes, latents))
        / deviations(axes)
        for edit in ("raw", "soft-locked")
    }
    np.testing.assert_allclose(changes["soft-locked"][:, 1], step, atol=0.01)
    others = [0, 2]
    assert np.abs(changes["soft-locked"][:, others]).mean() < 0.75 * np.abs(changes["raw"][:, others]).mean()


def test_soft_locks_leave_the_group_free(latents) -> None:
    axes = planted()
    alone = build_edit(axes, "soft-locked")(latents, 1, 1.0)
    together = build_edit(axes, "soft-locked", groups=[("Beard", "Male")])(latents, 1, 1.0)
    male = [
        np.abs(predictors(axes, moved) - predictors(axes, latents))[:, 0].mean()
        for moved in (alone, together)
    ]
    assert male[1] > 1.5 * male[0]


def test_an_attribute_that_the_regressor_does_not_know_is_nan(bent, latents) -> None:
    known = bent.regressor
    fields = {name: getattr(known, name)[:3] for name in ("names", *PER_ATTRIBUTE)}
    partial = replace(
        known,
        **fields,
        weights=(known.weights[0], known.weights[1][:, :, :3]),
        biases=(known.biases[0], known.biases[1][:, :3]),
    )
    move = build_edit(replace(bent, regressor=partial), "local")
    assert np.isnan(move(latents, 3, 1.0)).all()
    assert np.isfinite(move(latents, 2, 1.0)).all()
