"""Steps of a local edit: weights of the other attributes, and how far a latent may go at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.tlgan.editing.bent_axes import bent_latents, make_bent_axes
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.editing.local_steps import (
    ATTRIBUTE_WEIGHT,
    COMPONENT_WEIGHT,
    HELD,
    LARGEST_STEP,
    LONGEST_MOVE,
    MOVING,
    REACHED,
    LocalWalk,
    check_strictness,
    penalties,
)
from tlgan.errors import UserError


def linear(**fields) -> LatentRegressor:
    """Four attributes that are coordinates, and a component of the picture that is a fifth."""
    straight = LatentRegressor.straight(["a", "b", "c", "d"], np.eye(4, 8), np.zeros(4))
    layers = {"weights": (np.eye(8, 5)[None],), "biases": (np.zeros((1, 5)),), "component_held_out": [0.5]}
    return replace(straight, **layers | fields)


def test_penalties_are_the_share_that_is_explained():
    regressor = linear(held_out=[0.9, 0.5, -0.2, np.nan], groups=(("a", "d", "elsewhere"),))
    assert penalties(regressor, [], 1.0).tolist() == pytest.approx(
        [ATTRIBUTE_WEIGHT * share for share in (0.9, 0.5, 0.0, 1.0)] + [COMPONENT_WEIGHT * 0.5]
    )
    # The edited attribute and its group are free.
    weights = penalties(regressor, ["a"], 2.0)
    assert weights.tolist() == pytest.approx([0, 2 * ATTRIBUTE_WEIGHT * 0.5, 0, 0, COMPONENT_WEIGHT])


@pytest.mark.parametrize("strictness", [-0.1, np.nan, np.inf])
def test_strictness_must_be_finite_and_not_negative(strictness):
    with pytest.raises(UserError, match="`strictness` must be finite and at least 0"):
        check_strictness(strictness)
    with pytest.raises(UserError, match="at least 0"):
        penalties(linear(), ["a"], strictness)


def test_strictness_may_be_zero_or_large():
    assert check_strictness(0) == 0
    assert not penalties(linear(), ["a"], 0).any()
    check_strictness(1e6)


def walk_of(regressor, latents, wanted, space="normal", locks=()) -> LocalWalk:
    return LocalWalk(regressor, latents, ["Smiling"], wanted, space, locks, 1.0)


def test_a_step_goes_no_further_than_the_largest_and_halves_where_the_prediction_bends():
    axes, latents = make_bent_axes("normal"), bent_latents("normal")
    walk = walk_of(axes.regressor, latents, np.full((6, 1), 3.0))
    before = walk.scores[:, 0].copy()
    walk.step(np.arange(6))
    change = walk.scores[:, 0] - before
    assert change.max() == pytest.approx(LARGEST_STEP, rel=0.01)
    assert (walk.state == MOVING).all()
    assert np.linalg.norm(walk.latents - latents, axis=1).max() <= LONGEST_MOVE

    def wrong_way(at):
        jacobian = axes.regressor.with_jacobian(at, components=True).jacobian
        return (walk.start[:1] - 1).repeat(len(at), axis=0), jacobian / axes.regressor.scales[:, None]

    walk._predict = wrong_way
    stood, trust = walk.latents.copy(), walk.trust.copy()
    walk.step(np.arange(6))
    np.testing.assert_array_equal(walk.latents, stood)
    np.testing.assert_allclose(walk.trust, trust / 2, rtol=0.3)


def test_a_latent_that_is_there_does_not_move():
    axes, latents = make_bent_axes(), bent_latents("sphere")
    walk = walk_of(axes.regressor, latents, np.zeros((6, 1)), "sphere")
    assert (walk.state == REACHED).all()


def test_locked_attributes_are_listed_once_and_after_the_targets():
    axes = make_bent_axes()
    walk = walk_of(axes.regressor, bent_latents(), np.ones((6, 1)), "sphere", ["Age", "Male", "Age"])
    assert walk.fixed == [0, 3, 1]


def test_restore_locks_brings_them_back():
    axes, latents = make_bent_axes("normal"), bent_latents("normal")
    walk = walk_of(axes.regressor, latents, np.ones((6, 1)), locks=["Male", "Age"])
    walk.latents = latents + 0.3
    walk.scores, walk.jacobian = walk._predict(walk.latents)
    assert abs((walk.scores - walk.start)[:, [1, 3]]).max() > 0.1
    walk.restore_locks()
    drift = (axes.regressor(walk.latents) - axes.regressor(latents)) / axes.regressor.scales
    assert abs(drift[:, [1, 3]]).max() < HELD + 1e-5
