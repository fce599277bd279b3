"""Spread and shares of drawn images beside photographs."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.evaluation.variety import attribute_shares, rarer_attributes, spread_ratio


def rows(seed=0, n=2000):
    return np.random.default_rng(seed).normal(size=(n, 3)) * [1, 2, 3]


def test_spread_ratio_is_that_of_planted_deviations():
    assert spread_ratio(rows(), 0.7 * rows(1) + 5) == pytest.approx(0.7, rel=0.03)
    assert spread_ratio(rows(), np.zeros((4, 3))) == 0


def test_attribute_shares_count_logits_above_zero():
    np.testing.assert_allclose(attribute_shares([[1, -1], [2, 0], [-3, 5], [1, 1]]), [0.75, 0.5])


def test_attributes_below_a_third_of_their_share_are_rarer():
    real = np.where(np.arange(100)[:, None] < [30, 30, 0], 1.0, -1.0)
    drawn = np.where(np.arange(100)[:, None] < [9, 11, 0], 1.0, -1.0)
    np.testing.assert_array_equal(rarer_attributes(real, drawn), [True, False, False])
