from __future__ import annotations

import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.evaluation.bootstrap import bootstrap_weights, interval, known_means, weighted_means


def test_bootstrap_weights_begin_with_the_sample_itself() -> None:
    weights = bootstrap_weights(7, 20)
    np.testing.assert_allclose(weights[0], 1 / 7)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert len(np.unique(weights[1:], axis=0)) > 15


def test_interval_of_a_mean_is_that_of_the_normal_distribution() -> None:
    values = np.random.default_rng(1).standard_normal((2000, 1))
    low, high = interval(weighted_means(bootstrap_weights(2000, 1000), values))
    half = 1.96 * values.std() / np.sqrt(2000)
    np.testing.assert_allclose([low[0], high[0]], values.mean() + np.array([-half, half]), atol=0.1 * half)


def test_weighted_means_leave_nan_out() -> None:
    values = np.array([[1.0, np.nan, np.nan], [3.0, 5.0, np.nan]])
    np.testing.assert_array_equal(weighted_means(np.full((1, 2), 0.5), values), [[2.0, 5.0, np.nan]])
    np.testing.assert_array_equal(known_means(values, 0), [2.0, 5.0, np.nan])


def test_interval_of_what_is_never_known_is_nan() -> None:
    low, high = interval(np.array([[1.0, np.nan], [2.0, np.nan], [3.0, np.nan]]))
    assert np.isnan([low[1], high[1]]).all()
    assert 2 <= low[0] <= high[0] <= 3


def test_interval_of_a_single_number() -> None:
    low, high = interval(np.array([0.0, 1.0, 2.0, 3.0]), level=1.0)
    assert (float(low), float(high)) == (1.0, 3.0)


@pytest.mark.parametrize(("rows", "draws"), [(0, 10), (5, -1)])
def test_bootstrap_weights_refuse(rows: int, draws: int) -> None:
    with pytest.raises(UserError, match="n_rows"):
        bootstrap_weights(rows, draws)
