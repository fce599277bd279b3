"""Scores of labellers on tables that can be counted by hand, and on planted calibration."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import balanced_accuracy_score, log_loss, r2_score, roc_auc_score

from tlgan.evaluation.classifier_metrics import (
    binary_scores,
    calibration_error,
    continuous_scores,
    fit_temperature,
)

NAN = float("nan")


def test_binary_scores_counted_by_hand():
    scores = binary_scores(np.array([2.0, -1.0, 0.5, -3.0, 9.0]), np.array([1, 1, 0, 0, NAN]))
    assert scores["n"] == 4
    assert scores["accuracy"] == 0.5
    assert scores["base_rate"] == 0.5
    assert scores["majority"] == 0.5
    assert scores["balanced_accuracy"] == 0.5
    assert scores["auc"] == 0.75


def planted(n: int, temperature: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `temperature` times too large, and labels drawn by the true ones."""
    random = np.random.default_rng(seed)
    true = random.normal(-0.5, 2, n)
    return true * temperature, (random.random(n) < expit(true)).astype(float)


def test_binary_scores_are_those_of_scikit_learn():
    logits, labels = planted(500, 1.0)
    scores = binary_scores(logits, labels)
    assert scores["auc"] == pytest.approx(roc_auc_score(labels, logits))
    assert scores["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, logits > 0))
    assert scores["accuracy"] == pytest.approx(np.mean((logits > 0) == labels))
    assert scores["majority"] == pytest.approx(max(labels.mean(), 1 - labels.mean()))


def test_binary_scores_of_one_class_leave_others_unknown():
    scores = binary_scores(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    assert scores["accuracy"] == 1
    assert scores["majority"] == 1
    assert np.isnan(scores["balanced_accuracy"])
    assert np.isnan(scores["auc"])


@pytest.mark.parametrize("labels", [[], [NAN, NAN]])
def test_without_labels_everything_is_unknown(labels):
    for score in (binary_scores, continuous_scores):
        scores = score(np.zeros(len(labels)), np.array(labels))
        assert scores.pop("n") == 0
        assert np.isnan(list(scores.values())).all()
    assert fit_temperature(np.zeros(len(labels)), np.array(labels)) == 1


def test_continuous_scores_leave_unknown_labels_out():
    values, labels = np.array([20.0, 31.0, 44.0, 7.0]), np.array([22.0, 30.0, 40.0, NAN])
    scores = continuous_scores(values, labels)
    assert scores["n"] == 3
    assert scores["mean_absolute_error"] == pytest.approx(7 / 3)
    assert scores["r2"] == pytest.approx(r2_score(labels[:3], values[:3]))


def test_r2_of_labels_that_are_all_alike_is_unknown():
    assert np.isnan(continuous_scores(np.arange(4.0), np.full(4, 30.0))["r2"])


def test_calibration_error_counted_by_hand():
    logits = np.repeat([np.log(0.2 / 0.8), np.log(0.6 / 0.4)], 10)
    labels = np.repeat([0, 1, 0, 1], [7, 3, 5, 5])  # shares 0.3 and 0.5
    assert calibration_error(logits, labels, bins=2) == pytest.approx(0.1)


@pytest.mark.parametrize("temperature", [0.25, 1.0, 3.0])
def test_planted_temperature_is_found_and_calibrates(temperature):
    logits, labels = planted(20_000, temperature)
    found = fit_temperature(logits, labels)
    assert found == pytest.approx(temperature, rel=0.05)
    assert calibration_error(logits / found, labels) < 0.015
    losses = [log_loss(labels, expit(logits / (found * factor))) for factor in (0.9, 1.0, 1.1)]
    assert np.argmin(losses) == 1


def test_temperature_stays_in_range_and_is_one_for_one_class():
    assert fit_temperature(np.array([3.0, -3.0]), np.array([1.0, 0.0])) == pytest.approx(0.1, rel=1e-2)
    assert fit_temperature(np.array([3.0, -3.0]), np.array([0.0, 1.0])) == pytest.approx(10, rel=1e-2)
    assert fit_temperature(np.array([3.0, -3.0]), np.array([1.0, 1.0])) == 1


def test_golden_numbers():
    logits, labels = planted(1000, 2.0)
    scores = binary_scores(logits, labels)
    assert scores["auc"] == pytest.approx(0.8421571, abs=1e-6)
    assert scores["calibration_error"] == pytest.approx(0.1022684, abs=1e-6)
    assert fit_temperature(logits, labels) == pytest.approx(2.20143, abs=1e-3)
