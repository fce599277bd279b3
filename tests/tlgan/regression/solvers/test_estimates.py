"""Estimates without data, and estimates of several sets of columns in one."""

from __future__ import annotations

import dataclasses

import numpy as np

from tlgan.regression.solvers.estimates import Estimates, empty_estimates, merge_estimates


def test_empty_estimates_know_nothing():
    nothing = empty_estimates(2, 3)
    assert nothing.coefficients.tolist() == [[0, 0, 0]] * 2
    assert np.isnan(nothing.standard_errors).all()
    assert np.isnan(nothing.intercept_standard_errors).all()
    assert nothing.angular_errors.tolist() == nothing.cone_angles.tolist() == [90, 90]
    assert nothing.converged.all()
    assert not (nothing.separated | nothing.rank_lost).any()


def test_empty_estimates_share_no_memory():
    nothing = empty_estimates(2, 3)
    nothing.separated[0] = True
    nothing.angular_errors[0] = 1
    assert not nothing.rank_lost.any()
    assert nothing.cone_angles[0] == 90


def numbered(width: int, number: float) -> Estimates:
    blank = empty_estimates(width, 2)
    return Estimates(
        **{
            field.name: np.full_like(getattr(blank, field.name), number)
            for field in dataclasses.fields(Estimates)
        }
    )


def test_merge_estimates_puts_each_set_at_its_places():
    merged = merge_estimates([(np.array([2, 0]), numbered(2, 5.0)), (np.array([1]), numbered(1, 0.0))], 4, 2)
    assert merged.intercepts.tolist() == [5, 0, 5, 0]
    assert merged.coefficients.tolist() == [[5, 5], [0, 0], [5, 5], [0, 0]]
    assert merged.converged.tolist() == [True, False, True, True]
    np.testing.assert_array_equal(merged.angular_errors, [5, 0, 5, 90])
    np.testing.assert_array_equal(merged.intercept_standard_errors, [5, 0, 5, np.nan])
