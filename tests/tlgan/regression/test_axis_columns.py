"""Axes lead back to the columns of labels that they were fitted on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import r2_score, roc_auc_score

from tlgan.regression.axis_columns import find_axis_columns, predict_labels, score_axes

KINDS = ("binary", "categorical", "continuous")
FAMILIES = ("binomial", "binomial", "binomial", "huber")


def table(n_samples=200):
    """Labels of three columns, and predictors of their four axes."""
    rng = np.random.default_rng(0)
    predictors = rng.standard_normal((n_samples, 4))
    noisy = predictors + rng.standard_normal(predictors.shape)
    labels = np.column_stack([noisy[:, 0] > 0, np.where(noisy[:, 1] > noisy[:, 2], -3, 7), noisy[:, 3]])
    return labels, predictors


def test_find_axis_columns_gives_one_axis_per_category():
    labels, _ = table()
    axes = find_axis_columns(labels, KINDS, FAMILIES)
    assert axes.columns.tolist() == [0, 1, 1, 2]
    assert axes.codes[1:3].tolist() == [-3, 7]
    assert np.isnan(axes.codes[[0, 3]]).all()
    assert axes.kinds == ("binary", "categorical", "categorical", "continuous")
    assert axes.n_columns == 3


def test_predict_labels_has_the_form_of_the_columns():
    labels, predictors = table()
    predicted = predict_labels(find_axis_columns(labels, KINDS, FAMILIES), predictors)
    np.testing.assert_array_equal(predicted[:, 0], expit(predictors[:, 0]))
    np.testing.assert_array_equal(predicted[:, 1], np.where(predictors[:, 1] >= predictors[:, 2], -3, 7))
    np.testing.assert_array_equal(predicted[:, 2], predictors[:, 3])


def test_score_axes_leaves_unknown_labels_out():
    labels, predictors = table()
    labels[::5] = np.nan
    known = ~np.isnan(labels[:, 0])
    scores = score_axes(find_axis_columns(labels, KINDS, FAMILIES), predictors, labels)
    expected = [
        roc_auc_score(labels[known, 0], predictors[known, 0]),
        roc_auc_score(labels[known, 1] == -3, predictors[known, 1]),
        roc_auc_score(labels[known, 1] == 7, predictors[known, 2]),
        r2_score(labels[known, 2], predictors[known, 3]),
    ]
    assert scores.tolist() == pytest.approx(expected)
