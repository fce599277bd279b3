"""A linear example: images are the latents themselves and the judge is a matrix, so every figure is known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tlgan.evaluation.linear_example import NAMES, STEPS, planted, rescore, truth
from tlgan.axes.orthogonalize import orthogonalize_axes
from tlgan.errors import UserError
from tlgan.evaluation.bootstrap import bootstrap_weights
from tlgan.evaluation.leakage import attribute_dependency
from tlgan.evaluation.rescoring import Rescoring, changes_in_deviations, changes_per_target, rescoring_matrix


def test_matrix_of_raw_axes_is_step_times_cosine() -> None:
    axes = planted()
    matrix = rescoring_matrix(rescore(axes, "raw", truth(axes)))
    cosines = axes.raw_directions @ axes.raw_directions.T
    np.testing.assert_allclose(matrix, cosines[:, None] * np.array(STEPS)[:, None], atol=1e-5)


def test_matrix_of_orthogonalized_axes_keeps_the_base_still() -> None:
    axes = orthogonalize_axes(planted(), ["Male"])
    matrix = rescoring_matrix(rescore(axes, "orthogonalized", truth(axes)))
    np.testing.assert_allclose(matrix[1:, :, 0], 0, atol=1e-6)
    np.testing.assert_allclose(matrix[1, :, 1], 0.8 * np.array(STEPS), atol=1e-5)  # sin of the angle to Male


def test_locked_edits_change_the_target_in_full_and_nothing_that_is_locked() -> None:
    axes = orthogonalize_axes(planted(), ["Male"])
    matrix = rescoring_matrix(rescore(axes, "base-locked", truth(axes)))
    np.testing.assert_allclose(matrix[1:, :, 0], 0, atol=1e-6)
    np.testing.assert_allclose(matrix[[1, 2], :, [1, 2]], [STEPS, STEPS], atol=1e-5)
    everything = rescoring_matrix(rescore(axes, "all-locked", truth(axes)))
    np.testing.assert_allclose(everything, np.eye(4)[:, None] * np.array(STEPS)[:, None], atol=1e-5)


def test_orthogonalisers_are_compared_at_the_change_that_the_raw_step_promises() -> None:
    axes = orthogonalize_axes(planted(), ["Male"])
    for edit in ("project", "gram-schmidt", "lowdin"):
        matrix = rescoring_matrix(rescore(axes, edit, truth(axes)))
        np.testing.assert_allclose(np.diagonal(matrix, axis1=0, axis2=2), np.tile(STEPS, (4, 1)).T, atol=1e-5)


def test_per_target_is_the_ratio_of_cosines_with_an_interval_around_it() -> None:
    axes = planted()
    noisy = rescore(axes, "raw", truth(axes))
    changes = noisy.changes + np.random.default_rng(3).normal(0, 0.2, noisy.changes.shape).astype("f4")
    ratio = changes_per_target(
        Rescoring(noisy.axes, noisy.attributes, noisy.steps, changes), bootstrap_weights(40)
    )
    cosines = axes.raw_directions @ axes.raw_directions.T
    np.testing.assert_allclose(ratio.changes, cosines, atol=0.05)
    off = ~np.eye(4, dtype=bool)
    inside = (ratio.low <= cosines) & (cosines <= ratio.high)
    assert inside[off].mean() > 0.7
    np.testing.assert_allclose(np.diag(ratio.low), 1)
    np.testing.assert_allclose(ratio.sizes[0], (np.abs(cosines).sum(axis=1) - 1) / 3, atol=0.04)


def test_a_target_unknown_to_the_judge_is_nan_not_an_error() -> None:
    axes = planted()
    whole = rescore(axes, "raw", truth(axes))
    partial = Rescoring(NAMES, NAMES[1:], whole.steps, whole.changes[..., 1:])
    assert partial.targets.tolist() == [-1, 0, 1, 2]
    assert np.isnan(partial.achieved[:, 0]).all()
    mean, _ = attribute_dependency(partial)
    np.testing.assert_allclose(mean[0, 0, 2], (0.6 + 0.5) / 3, atol=1e-5)
    assert np.isnan(changes_per_target(partial, bootstrap_weights(40, 5)).changes[0]).all()


def test_an_attribute_that_never_varies_is_left_out_of_the_mean() -> None:
    changes = changes_in_deviations(np.ones((2, 1, 1, 3)), np.zeros((2, 3)), np.array([1.0, 0.0, 2.0]))
    np.testing.assert_array_equal(np.isnan(changes[0, 0, 0]), [False, True, False])
    mean, largest = attribute_dependency(Rescoring(("a",), ("a", "b", "c"), np.array([1.0]), changes))
    np.testing.assert_allclose([mean[0], largest[0]], 0.5)


@pytest.mark.parametrize(
    ("steps", "shape", "words"),
    [([0.0, 1.0], (2, 1, 2, 1), "steps"), ([1.0], (2, 1, 2, 1), "changes"), ([1.0], (0, 1, 1, 1), "changes")],
)
def test_rescoring_refuses(steps: list[float], shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(UserError, match=f"`{words}`"):
        Rescoring(("a",), ("a",), np.array(steps), np.zeros(shape, np.float32))
