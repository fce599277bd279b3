"""Metrics of a labeller: accuracy, balance, ranking, calibration."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit

from tlgan.array_types import Floats
from tlgan.regression.held_out_scores import area_under_curve, explained_variance

BINARY_SCORES = ("accuracy", "majority", "balanced_accuracy", "auc", "calibration_error", "base_rate")


def binary_scores(logits: NDArray[Any], labels: NDArray[Any]) -> dict[str, float]:
    """Score the logits of one binary attribute.

    Parameters
    ----------
    logits : float array, shape (n,)
    labels : float array, shape (n,), 0 or 1; NaN = unknown, left out

    Returns
    -------
    dict with `accuracy` at logit 0, `majority` (rate of the commoner label), `balanced_accuracy`
    (mean of the rates right among positives and negatives; NaN where one is absent), `auc`,
    `calibration_error` (see `calibration_error`), `base_rate`, `n`; all but `n` NaN without a label
    """
    logits, labels = _known(logits, labels)
    if not len(labels):
        return dict.fromkeys(BINARY_SCORES, float("nan")) | {"n": 0.0}
    positive, said = labels > 0.5, logits > 0
    rates = [
        float(np.mean(said[positive])) if positive.any() else np.nan,
        float(np.mean(~said[~positive])) if not positive.all() else np.nan,
    ]
    base = float(positive.mean())
    return {
        "accuracy": float(np.mean(said == positive)),
        "majority": max(base, 1 - base),
        "balanced_accuracy": float(np.mean(rates)),
        "auc": area_under_curve(logits, positive).value,
        "calibration_error": calibration_error(logits, labels),
        "base_rate": base,
        "n": float(len(labels)),
    }


def continuous_scores(values: NDArray[Any], labels: NDArray[Any]) -> dict[str, float]:
    """Score one continuous attribute: `mean_absolute_error` in its unit, `r2`, `n`.

    NaN where nothing can be said: both without a label, `r2` for labels that are all alike.
    """
    values, labels = _known(values, labels)
    error = float(np.mean(np.abs(values - labels))) if len(labels) else float("nan")
    return {
        "mean_absolute_error": error,
        "r2": explained_variance(values, labels).value,
        "n": float(len(labels)),
    }


def calibration_error(logits: NDArray[Any], labels: NDArray[Any], bins: int = 10) -> float:
    """Expected calibration error: mean gap between probability and share of positives.

    Rows are sorted by probability and cut into `bins` equal groups (Naeini et al. 2015; equal-mass
    bins, Nixon et al. 2019, arXiv 1904.01685).
    """
    logits, labels = _known(logits, labels)
    order = np.argsort(logits, kind="stable")
    gaps = [
        len(group) * abs(expit(logits[group]).mean() - labels[group].mean())
        for group in np.array_split(order, bins)
        if len(group)
    ]
    return float(np.sum(gaps) / len(labels))


def fit_temperature(logits: NDArray[Any], labels: NDArray[Any]) -> float:
    """Fit the temperature: logits divided by it have the least cross-entropy.

    Source: Guo et al. 2017 (arXiv 1706.04599), section 4.2. Between 0.1 and 10; 1 where the labels
    are all alike and say nothing.
    """
    logits, labels = _known(logits, labels)
    if not len(labels) or labels.min() == labels.max():
        return 1.0

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        return float(np.mean(np.logaddexp(0, scaled) - labels * scaled))

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.1), np.log(10)), method="bounded").x))


def _known(values: NDArray[Any], labels: NDArray[Any]) -> tuple[Floats, Floats]:
    labels = np.asarray(labels, np.float64)
    known = ~np.isnan(labels)
    return np.asarray(values, np.float64)[known], labels[known]
