"""Scores beside scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import r2_score, roc_auc_score

from tlgan.axes.rarity import LEAST_HELD_OUT
from tlgan.regression.held_out_scores import (
    area_interval,
    area_under_curve,
    benjamini_hochberg,
    explained_variance,
)


def test_area_under_curve_equals_scikit_learn_with_ties():
    generator = np.random.default_rng(0)
    predictions = generator.standard_normal(300).round(1)
    decisions = predictions + generator.standard_normal(300) > 0.5
    area, above_chance, *_ = area_under_curve(predictions, decisions)
    assert area == pytest.approx(roc_auc_score(decisions, predictions))
    assert above_chance


def test_area_under_curve_calls_noise_chance_nineteen_times_in_twenty():
    generator = np.random.default_rng(1)
    draws = [area_under_curve(generator.random(80), generator.random(80) > 0.3)[1] for _ in range(1000)]
    assert np.mean(draws) == pytest.approx(0.05, abs=0.025)


@pytest.mark.parametrize(("value", "count"), [(True, 5), (False, 5), (True, 0)])
def test_area_under_curve_needs_both_decisions(value, count):
    decisions = np.full(count, value)
    area, above_chance, *_ = area_under_curve(np.arange(float(len(decisions))), decisions)
    assert np.isnan(area)
    assert not above_chance


def test_explained_variance_equals_scikit_learn():
    generator = np.random.default_rng(0)
    values = generator.standard_normal(200)
    predictions = 0.5 * values + 0.3 * generator.standard_normal(200)
    score, above_chance, *_ = explained_variance(predictions, values)
    assert score == pytest.approx(r2_score(values, predictions))
    assert above_chance


def test_explained_variance_calls_noise_chance_nineteen_times_in_twenty():
    generator = np.random.default_rng(1)
    draws = [explained_variance(generator.random(80), generator.random(80))[1] for _ in range(1000)]
    assert np.mean(draws) == pytest.approx(0.05, abs=0.025)


@pytest.mark.parametrize("values", [np.ones(9), np.zeros(0), np.arange(2.0)])
def test_explained_variance_needs_values_that_vary(values):
    score, above_chance, *_ = explained_variance(np.arange(float(len(values))), values)
    assert np.isnan(score)
    assert not above_chance


def test_explained_variance_of_a_constant_prediction_is_at_chance():
    assert explained_variance(np.zeros(50), np.arange(50.0))[1] is False


def test_benjamini_hochberg_by_hand():
    adjusted = benjamini_hochberg(np.array([0.01, 0.04, 0.03, np.nan]))
    np.testing.assert_allclose(adjusted, [0.04, 4 / 3 * 0.04, 4 / 3 * 0.04, 1.0])
    assert benjamini_hochberg(np.zeros(0)).shape == (0,)


def bootstrap(score, *columns, draws=400):
    """2.5 % and 97.5 % of a score over resampled rows."""
    rng, count = np.random.default_rng(7), len(columns[0])
    rows = rng.integers(0, count, (draws, count))
    return np.quantile([score(*(column[some] for column in columns)).value for some in rows], [0.025, 0.975])


@pytest.mark.parametrize("spread", [1.0, 3.0])  # of the positives
def test_interval_of_an_area_is_that_of_the_bootstrap(spread):
    generator = np.random.default_rng(2)
    decisions = np.arange(1500) < 300
    predictions = generator.standard_normal(1500) * np.where(decisions, spread, 1.0) + decisions
    found = area_under_curve(predictions, decisions)
    np.testing.assert_allclose(
        (found.low, found.high), bootstrap(area_under_curve, predictions, decisions), atol=0.008
    )


def test_interval_of_an_explained_variance_is_that_of_the_bootstrap():
    generator = np.random.default_rng(3)
    predictions = generator.standard_normal(800)
    values = predictions + generator.standard_t(4, 800)
    found = explained_variance(predictions, values)
    expected = bootstrap(explained_variance, predictions, values)
    np.testing.assert_allclose((found.low, found.high), expected, atol=0.015)


@pytest.mark.parametrize("area", [0.75, 0.97])
def test_interval_holds_the_true_area_with_few_positives(area):
    generator = np.random.default_rng(4)
    apart = np.sqrt(2) * norm.ppf(area)
    decisions = np.arange(315) < 15
    inside = 0
    for _ in range(400):
        found = area_under_curve(generator.standard_normal(315) + apart * decisions, decisions)
        inside += found.low <= area <= found.high
    assert inside / 400 >= 0.93


def test_good_axis_is_told_from_a_guess_with_as_few_positives_as_are_asked_for():
    generator = np.random.default_rng(5)
    decisions = np.arange(500 + LEAST_HELD_OUT) < LEAST_HELD_OUT
    apart = np.sqrt(2) * norm.ppf(0.75)
    told = 0
    for _ in range(300):
        predictions = generator.standard_normal(len(decisions)) + apart * decisions
        told += area_under_curve(predictions, decisions).low > 0.5
    assert 0.85 <= told / 300 <= 0.97


def test_interval_of_separate_classes_is_not_a_point():
    found = area_under_curve(np.arange(100.0), np.arange(100) > 89)
    assert found.value == found.high == 1
    assert 0.7 < found.low < 0.95
    assert area_interval(0.0, 10, 90).low == 0
    np.testing.assert_allclose(area_interval(0.3, 8, 50), 1 - np.array(area_interval(0.7, 8, 50))[::-1])
    assert np.isnan(area_interval(0.7, 0, 50)).all()
    assert np.isnan(area_interval(np.nan, 5, 50)).all()
