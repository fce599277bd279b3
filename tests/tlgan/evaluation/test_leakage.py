"""Leakage at equal change of the target, where the cosines are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.tlgan.evaluation.linear_example import STEPS, planted, rescore, truth
from tlgan.axes.orthogonalize import orthogonalize_axes
from tlgan.errors import UserError
from tlgan.evaluation.bootstrap import bootstrap_weights
from tlgan.evaluation.leakage import (
    at_equal_change,
    attribute_dependency,
    changes_at_equal_change,
    furthest_changes,
    mean_by_bin,
    systematic_leakage,
)


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


@pytest.mark.parametrize("change", [0.0, -1.0, float("nan")])
def test_at_equal_change_refuses(change: float) -> None:
    with pytest.raises(UserError, match="`change`"):
        at_equal_change(np.ones((1, 1, 1)), np.ones((1, 1, 1)), [1.0], change, np.ones((1, 1)))


@pytest.mark.parametrize("edges", [[1.0], [0.0, 0.0], [1.0, 0.5], [[0.0, 1.0]]])
def test_mean_by_bin_refuses(edges) -> None:
    with pytest.raises(UserError, match="`edges` must be at least two increasing numbers"):
        mean_by_bin(np.ones((1, 1, 1)), np.ones((1, 1, 1)), edges, np.ones((1, 1)))


def test_at_equal_change_averages_both_signs_of_a_step() -> None:
    achieved = np.array([[[1.5, 0.5]]])  # of the steps -1 and 1: their mean is 1
    read = at_equal_change(achieved, np.array([[[0.2, 0.4]]]), [-1.0, 1.0], 0.5, np.ones((1, 1)))
    np.testing.assert_allclose(read, [[0.15]])


def test_companions_of_the_target_are_no_leakage() -> None:
    axes = planted()
    alone = rescore(axes, "raw", truth(axes))
    grouped = replace(alone, groups=(("Male", "Beard"),))
    mean, largest = attribute_dependency(grouped)
    # Of Beard's neighbours only Makeup (-0.3) and Age (0) count; Makeup keeps all of its own.
    np.testing.assert_allclose(mean[0, 1], 0.3 / 2 * np.abs(STEPS), atol=1e-5)
    np.testing.assert_allclose(largest[0, 1], 0.3 * np.abs(STEPS), atol=1e-5)
    np.testing.assert_allclose(mean[0, 2], attribute_dependency(alone).mean[0, 2])
    assert grouped.companions[1].tolist() == [True, False, False, False]
    assert grouped.others[1].tolist() == [False, False, True, True]


def test_changes_at_equal_change_are_signed_and_scatter_averages_out() -> None:
    axes = planted()
    exact = rescore(axes, "raw", truth(axes), count=400)
    noise = np.random.default_rng(3).normal(0, 0.5, exact.changes.shape).astype("f4")
    noisy = replace(exact, changes=exact.changes + noise)
    weights = bootstrap_weights(400, 50)
    cosines = axes.raw_directions @ axes.raw_directions.T
    for change in (0.5, 1.0, 1.7):
        found = changes_at_equal_change(noisy, change, weights)
        np.testing.assert_allclose(found.changes, change * cosines, atol=0.1)
        np.testing.assert_allclose(np.diag(found.changes), change, atol=1e-9)
        assert (found.low <= found.changes + 1e-9).all()
        np.testing.assert_array_equal(found.sizes, systematic_leakage(noisy, change, weights))
        np.testing.assert_allclose(found.sizes[0], change * (np.abs(cosines).sum(axis=1) - 1) / 3, atol=0.06)
    assert np.isnan(changes_at_equal_change(noisy, 2.5, weights).changes).all()


def test_furthest_changes_are_of_the_best_step_in_each_resample() -> None:
    achieved = np.array([[[1.0, 0.4, np.nan, 0.2]], [[3.0, 0.4, 5.0, np.nan]]])
    weights = np.array([[0.5, 0.5], [0.0, 1.0]])
    np.testing.assert_allclose(furthest_changes(achieved, [1.0, 2.0, -2.0, 3.0], weights), [[2.0], [3.0]])
    assert np.isnan(furthest_changes(np.full((2, 1, 1), np.nan), [1.0], weights)).all()
