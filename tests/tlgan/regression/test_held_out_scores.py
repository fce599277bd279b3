"""Scores beside scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import r2_score, roc_auc_score

from tlgan.regression.held_out_scores import area_under_curve, benjamini_hochberg, explained_variance


def test_area_under_curve_equals_scikit_learn_with_ties():
    generator = np.random.default_rng(0)
    predictions = generator.standard_normal(300).round(1)
    decisions = predictions + generator.standard_normal(300) > 0.5
    area, above_chance = area_under_curve(predictions, decisions)
    assert area == pytest.approx(roc_auc_score(decisions, predictions))
    assert above_chance


def test_area_under_curve_calls_noise_chance_nineteen_times_in_twenty():
    generator = np.random.default_rng(1)
    draws = [area_under_curve(generator.random(80), generator.random(80) > 0.3)[1] for _ in range(1000)]
    assert np.mean(draws) == pytest.approx(0.05, abs=0.025)


@pytest.mark.parametrize(("value", "count"), [(True, 5), (False, 5), (True, 0)])
def test_area_under_curve_needs_both_decisions(value, count):
    decisions = np.full(count, value)
    area, above_chance = area_under_curve(np.arange(float(len(decisions))), decisions)
    assert np.isnan(area)
    assert not above_chance


def test_explained_variance_equals_scikit_learn():
    generator = np.random.default_rng(0)
    values = generator.standard_normal(200)
    predictions = 0.5 * values + 0.3 * generator.standard_normal(200)
    score, above_chance = explained_variance(predictions, values)
    assert score == pytest.approx(r2_score(values, predictions))
    assert above_chance


def test_explained_variance_calls_noise_chance_nineteen_times_in_twenty():
    generator = np.random.default_rng(1)
    draws = [explained_variance(generator.random(80), generator.random(80))[1] for _ in range(1000)]
    assert np.mean(draws) == pytest.approx(0.05, abs=0.025)


@pytest.mark.parametrize("values", [np.ones(9), np.zeros(0), np.arange(2.0)])
def test_explained_variance_needs_values_that_vary(values):
    score, above_chance = explained_variance(np.arange(float(len(values))), values)
    assert np.isnan(score)
    assert not above_chance


def test_explained_variance_of_a_constant_prediction_is_at_chance():
    assert explained_variance(np.zeros(50), np.arange(50.0))[1] is False


def test_benjamini_hochberg_by_hand():
    adjusted = benjamini_hochberg(np.array([0.01, 0.04, 0.03, np.nan]))
    np.testing.assert_allclose(adjusted, [0.04, 4 / 3 * 0.04, 4 / 3 * 0.04, 1.0])
    assert benjamini_hochberg(np.zeros(0)).shape == (0,)
