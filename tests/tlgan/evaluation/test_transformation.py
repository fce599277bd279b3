"""Disentanglement against transformation, on decisions that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.evaluation.bootstrap import bootstrap_weights
from tlgan.evaluation.transformation import transformation_curves

STEPS = (-2.0, -1.0, 1.0, 2.0)
ONE = np.ones((1, 4)) / 4
OTHERS = np.array([[False, True, True]])


def edited(unedited: np.ndarray, effect: np.ndarray) -> np.ndarray:
    """Scores of an edit that adds `effect` (K,) per unit step, shape (N, 1, S, K)."""
    return unedited[:, None, None] + np.array(STEPS)[:, None] * effect


def test_faces_are_edited_away_from_their_decision() -> None:
    unedited = np.array([[0.5, 3.0, 3.0], [1.5, 3.0, 3.0], [-0.5, 3.0, 3.0], [-1.5, 3.0, 3.0]])
    found = transformation_curves(
        edited(unedited, np.array([1.0, 0.0, 0.0])), unedited, STEPS, np.array([0]), OTHERS, ONE
    )
    np.testing.assert_allclose(found.transformation, [[0, 0.5, 1]])
    np.testing.assert_allclose(found.disentanglement, [[1, 1, 1]])
    np.testing.assert_allclose(found.areas, [[1]])


def test_other_decisions_that_flip_lower_the_curve() -> None:
    unedited = np.array([[0.5, 1.5, -3.0], [1.5, 1.5, -3.0], [-0.5, -1.5, 3.0], [-1.5, -1.5, 3.0]])
    found = transformation_curves(
        edited(unedited, np.array([1.0, 1.0, 0.0])), unedited, STEPS, np.array([0]), OTHERS, ONE
    )
    np.testing.assert_allclose(found.disentanglement, [[1, 1, 0.5]])
    np.testing.assert_allclose(found.areas, [[0.5 + 0.5 * 0.75]])


def test_an_edit_that_falls_short_has_a_small_area() -> None:
    unedited = np.array([[0.5, 1.0, 1.0], [9.0, 1.0, 1.0], [-9.0, 1.0, 1.0], [-9.0, 1.0, 1.0]])
    found = transformation_curves(
        edited(unedited, np.array([1.0, 0.0, 0.0])), unedited, STEPS, np.array([0]), OTHERS, ONE
    )
    np.testing.assert_allclose(found.areas, [[0.25]])


def test_edits_out_of_reach_do_not_count() -> None:
    unedited = np.array([[0.5, 1.0, 1.0]] * 3 + [[9.0, 1.0, 1.0]])
    scores = edited(unedited, np.array([1.0, 0.0, 0.0]))
    scores[3] = np.nan
    found = transformation_curves(scores, unedited, STEPS, np.array([0]), OTHERS, ONE)
    np.testing.assert_allclose(found.transformation, [[0, 1, 1]])


def test_a_target_that_is_not_binary_has_no_curve() -> None:
    unedited = np.ones((4, 3))
    found = transformation_curves(
        edited(unedited, np.ones(3)), unedited, STEPS, np.array([-1]), OTHERS, bootstrap_weights(4, 3)
    )
    assert np.isnan(found.areas).all()
    assert found.areas.shape == (4, 1)


@pytest.mark.parametrize("seed", range(3))
def test_areas_lie_between_0_and_the_transformation_that_is_reached(seed: int) -> None:
    random = np.random.default_rng(seed)
    unedited = random.standard_normal((30, 3))
    scores = unedited[:, None, None] + random.standard_normal((30, 2, 4, 3))
    found = transformation_curves(
        scores,
        unedited,
        STEPS,
        np.array([0, 2]),
        np.array([[False, True, True], [True, True, False]]),
        bootstrap_weights(30, 20),
    )
    assert ((found.areas >= -1e-12) & (found.areas <= 1)).all()
