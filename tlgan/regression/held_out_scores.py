"""Scores of predictions on held-out rows, and p-values over many attributes."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from scipy import stats

from tlgan.array_types import Booleans, Floats
from tlgan.regression.solvers.estimates import Estimates
from tlgan.regression.targets import Targets

# One-sided 5 %: a score below this many standard errors above chance counts as chance.
CHANCE_QUANTILE = 1.6449


class HeldOutScore(NamedTuple):
    """A score of predictions, and whether it is distinguishable from that of a guess."""

    value: float
    above_chance: bool


def area_under_curve(predictions: Floats, decisions: Booleans) -> HeldOutScore:
    """Area under the ROC curve, and whether it is distinguishable from 0.5.

    Parameters
    ----------
    predictions : float array, shape (n,)
    decisions : bool array, shape (n,)

    Returns
    -------
    value : float
        0 to 1; NaN without both decisions.
    above_chance : bool
        By the one-sided 5 % Mann-Whitney test.
    """
    positives = int(decisions.sum())
    negatives = len(decisions) - positives
    if not positives or not negatives:
        return HeldOutScore(float("nan"), False)
    ranks = stats.rankdata(predictions)
    area = (ranks[decisions].sum() - positives * (positives + 1) / 2) / (positives * negatives)
    spread = np.sqrt((positives + negatives + 1) / (12.0 * positives * negatives))
    return HeldOutScore(float(area), bool((area - 0.5) / spread > CHANCE_QUANTILE))


def explained_variance(predictions: Floats, values: Floats) -> HeldOutScore:
    """R² of predictions, and whether they correlate with the values beyond chance.

    Parameters
    ----------
    predictions, values : float array, shape (n,)

    Returns
    -------
    value : float
        At most 1, negative for predictions worse than the values' mean; NaN for constant values.
    above_chance : bool
        By the one-sided 5 % test of the correlation.
    """
    total = float(((values - values.mean()) ** 2).sum()) if len(values) else 0.0
    if len(values) < 3 or total <= 0:
        return HeldOutScore(float("nan"), False)
    r_squared = 1 - float(((values - predictions) ** 2).sum()) / total
    spread = float(predictions.std() * values.std())
    correlation = float(np.mean((predictions - predictions.mean()) * (values - values.mean())))
    above = spread > 0 and correlation / spread * np.sqrt(len(values)) > CHANCE_QUANTILE
    return HeldOutScore(r_squared, bool(above))


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Adjust p-values for the false discovery rate.

    Parameters
    ----------
    p_values : float array, shape (n,)
        NaN counts as 1.

    Returns
    -------
    float64 array, shape (n,)

    Notes
    -----
    Benjamini and Hochberg, J. R. Stat. Soc. B 57 (1995) 289, equation (1), as adjusted p-values.
    """
    filled = np.where(np.isnan(p_values), 1.0, p_values)
    adjusted: Floats = stats.false_discovery_control(filled, method="bh") if len(filled) else filled
    return adjusted


class ColumnScores(NamedTuple):
    """Held-out score of every column, shape (k,), and whether it is above chance; NaN, False without rows."""

    values: Floats
    above_chance: Booleans


def score_column(kind: str, predictions: Floats, responses: Floats, threshold: float) -> HeldOutScore:
    """Score the predictions of one column: R² of a continuous one, area under the ROC curve of others.

    Parameters
    ----------
    kind : str
    predictions, responses : float64 array, shape (n_samples,)
        NaN where a response is unknown; such rows do not count.
    threshold : float
        Responses above it are a "yes".
    """
    known = ~np.isnan(responses)
    predictions, responses = predictions[known], responses[known]
    if kind == "continuous":
        return explained_variance(predictions, responses)
    return area_under_curve(predictions, responses > threshold)


def score_columns(targets: Targets, estimates: Estimates) -> ColumnScores:
    """Score the estimates of every column on the held-out rows.

    Parameters
    ----------
    targets : Targets
    estimates : Estimates
        Of all columns of `targets`.

    Returns
    -------
    ColumnScores
    """
    width = len(targets.names)
    scores, above_chance = np.full(width, np.nan), np.zeros(width, dtype=np.bool_)
    predict = partial(_predict, coefficients=estimates.coefficients, intercepts=estimates.intercepts)
    pieces = list(targets.rows.map(predict, held=True)) if targets.rows.held_out else []
    if pieces:
        predictions, responses = (np.concatenate(piece) for piece in zip(*pieces, strict=True))
        for index, (kind, threshold) in enumerate(zip(targets.kinds, targets.thresholds, strict=True)):
            scores[index], above_chance[index] = score_column(
                kind, predictions[:, index], responses[:, index], threshold
            )
    return ColumnScores(scores, above_chance)


class _Predictions(NamedTuple):
    predictors: Floats
    responses: Floats


def _predict(latents: Floats, responses: Floats, *, coefficients: Floats, intercepts: Floats) -> _Predictions:
    return _Predictions(latents @ coefficients.T + intercepts, responses)
