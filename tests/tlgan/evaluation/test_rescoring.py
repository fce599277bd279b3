"""A linear example: images are the latents themselves and the judge is a matrix, so every figure is known."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.axes.axes import Axes
from tlgan.axes.orthogonalize import orthogonalize_axes
from tlgan.editing.edit_methods import build_edit
from tlgan.errors import UserError
from tlgan.evaluation.bootstrap import bootstrap_weights
from tlgan.evaluation.leakage import at_equal_change, attribute_dependency, mean_by_bin
from tlgan.evaluation.rescoring import Rescoring, changes_in_deviations, changes_per_target, rescoring_matrix

STEPS = (-2.0, -1.0, 1.0, 2.0)
NAMES = ("Male", "Beard", "Makeup", "Age")


def planted(space: str = "normal") -> Axes:
    """Four axes with cosines 0.6 (Male, Beard), -0.5 (Male, Makeup), and known slopes."""
    gram = np.eye(4)
    gram[0, 1] = gram[1, 0] = 0.6
    gram[0, 2] = gram[2, 0] = -0.5
    gram[1, 2] = gram[2, 1] = -0.3
    basis, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((32, 4)))
    directions = np.linalg.cholesky(gram) @ basis.T
    return Axes(
        names=NAMES,
        directions=directions,
        raw_directions=directions,
        slopes=np.array([4.0, 3.0, 2.0, 15.0]),
        intercepts=np.array([0.0, -2.0, 1.0, 40.0]),
        units=("logit", "logit", "logit", "years"),
        kinds=("binary", "binary", "binary", "continuous"),
        angular_errors=np.zeros(4),
        held_out=np.ones(4),
        n_samples=100,
        latent_space=space,
        generator="toy",
        generator_sha256="",
    )


def rescore(axes: Axes, edit: str, judge: np.ndarray, count: int = 40) -> Rescoring:
    """Move, "draw" and judge by the matrix `judge`, shape (K, D)."""
    latents = np.random.default_rng(1).standard_normal((count, axes.latent_dim))
    latents *= np.sqrt(axes.latent_dim) / np.linalg.norm(latents, axis=1, keepdims=True)
    move = build_edit(axes, edit)
    moved = np.stack(
        [np.stack([move(latents, row, step) for step in STEPS], axis=1) for row in range(len(axes))], axis=1
    )
    deviations = np.linalg.norm(judge, axis=1)
    changes = changes_in_deviations(moved @ judge.T, latents @ judge.T, deviations)
    return Rescoring(axes.names, axes.names, np.array(STEPS), changes)


def truth(axes: Axes) -> np.ndarray:
    return np.asarray(axes.slopes[:, None] * axes.raw_directions)


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


def test_dependency_is_that_of_the_cosines() -> None:
    axes = planted()
    mean, largest = attribute_dependency(rescore(axes, "raw", truth(axes)))
    others = np.abs(axes.raw_directions @ axes.raw_directions.T) - np.eye(4)
    np.testing.assert_allclose(mean[0], others.sum(axis=1)[:, None] / 3 * np.abs(STEPS), atol=1e-5)
    np.testing.assert_allclose(largest[7], others.max(axis=1)[:, None] * np.abs(STEPS), atol=1e-5)


def test_leakage_at_equal_change_does_not_depend_on_step_length() -> None:
    axes = orthogonalize_axes(planted(), ["Male"])
    weights = bootstrap_weights(40, 20)
    at_one = {}
    for edit in ("raw", "orthogonalized", "base-locked", "all-locked"):
        result = rescore(axes, edit, truth(axes))
        mean, _ = attribute_dependency(result)
        at_one[edit] = at_equal_change(result.achieved, mean, STEPS, 1.0, weights)[0]
    np.testing.assert_allclose(at_one["raw"][1], (0.6 + 0.3) / 3, atol=1e-5)
    # Off Male, Beard keeps no part along Makeup: cos(Beard, Makeup | Male) = -0.3 + 0.6 · 0.5 = 0.
    np.testing.assert_allclose(at_one["orthogonalized"][1], 0, atol=1e-5)
    np.testing.assert_allclose(at_one["base-locked"], at_one["orthogonalized"], atol=1e-5)
    np.testing.assert_allclose(at_one["all-locked"], 0, atol=1e-5)


def test_at_equal_change_interpolates_and_does_not_go_beyond() -> None:
    achieved = np.array([[[0.5, 1.5], [0.2, 0.4]]])
    values = np.array([[[0.9, 0.5], [0.1, 0.3]]])
    read = at_equal_change(achieved, values, [1.0, 2.0], 1.0, np.ones((1, 1)), start=1.0)
    np.testing.assert_allclose(read, [[0.7, np.nan]])
    np.testing.assert_allclose(
        at_equal_change(achieved, values, [1.0, 2.0], 0.25, np.ones((1, 1)), start=1.0), [[0.95, 0.15]]
    )


def test_mean_by_bin_puts_each_edit_where_its_target_went() -> None:
    achieved = np.array([[[0.2, 0.9]], [[0.3, np.nan]]])
    values = np.array([[[1.0, 4.0]], [[2.0, 9.0]]])
    table = mean_by_bin(achieved, values, [0.0, 0.5, 1.0, 2.0], bootstrap_weights(2, 50))
    np.testing.assert_array_equal(table.counts, [2, 1, 0])
    np.testing.assert_allclose(table.means, [1.5, 4.0, np.nan])
    assert table.low[0] >= 1
    assert table.high[0] <= 2


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


@pytest.mark.parametrize("change", [0.0, -1.0, float("nan")])
def test_at_equal_change_refuses(change: float) -> None:
    with pytest.raises(UserError, match="`change`"):
        at_equal_change(np.ones((1, 1, 1)), np.ones((1, 1, 1)), [1.0], change, np.ones((1, 1)))


def test_build_edit_refuses_an_unknown_edit() -> None:
    with pytest.raises(UserError, match="`edit`"):
        build_edit(planted(), "sideways")
