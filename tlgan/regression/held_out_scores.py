"""Scores of predictions on held-out rows, and p-values over many attributes."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from scipy import optimize, special, stats

from tlgan.array_types import Booleans, Floats, Indices
from tlgan.regression.solvers.estimates import Estimates
from tlgan.regression.targets import Targets

# One-sided 5 %: a score below this many standard errors above chance counts as chance.
CHANCE_QUANTILE = 1.6449
QUANTILE = 1.959964  # of 95 % intervals


class HeldOutScore(NamedTuple):
    """A score of predictions, whether it is distinguishable from that of a guess, and its 95 % interval."""

    value: float
    above_chance: bool
    low: float = float("nan")
    high: float = float("nan")


class ScoreInterval(NamedTuple):
    """Lower and upper limit of a score, 95 %; NaN where unknown."""

    low: float
    high: float


UNKNOWN = HeldOutScore(float("nan"), False)


def area_under_curve(predictions: Floats, decisions: Booleans) -> HeldOutScore:
    """Area under the ROC curve, whether it is distinguishable from 0.5, and its interval.

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
    low, high : float
        The outer limits of DeLong's interval, on the logit scale, and of `area_interval`. With 10 to 20 of the
        rarer decision and an area near 1, DeLong's alone holds the true one in 78 to 90 % of samples, for the rare
        failures are not yet among them; the other does not know how either kind spreads.

    Notes
    -----
    DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837, by ranks (Sun and Xu, IEEE Signal Process. Lett. 21
    (2014) 1389).
    """
    positives = int(decisions.sum())
    negatives = len(decisions) - positives
    if not positives or not negatives:
        return UNKNOWN
    ranks = stats.rankdata(predictions)
    area = float((ranks[decisions].sum() - positives * (positives + 1) / 2) / (positives * negatives))
    spread = np.sqrt((positives + negatives + 1) / (12.0 * positives * negatives))
    low, high = area_interval(area, positives, negatives)
    if 0 < area < 1 and min(positives, negatives) > 1:
        # The share of the other kind that each row is on the right side of.
        above = (ranks[decisions] - stats.rankdata(predictions[decisions])) / negatives
        below = 1 - (ranks[~decisions] - stats.rankdata(predictions[~decisions])) / positives
        variance = above.var(ddof=1) / positives + below.var(ddof=1) / negatives
        width = QUANTILE * float(np.sqrt(variance)) / (area * (1 - area))
        low = min(low, float(special.expit(special.logit(area) - width)))
        high = max(high, float(special.expit(special.logit(area) + width)))
    return HeldOutScore(area, bool((area - 0.5) / spread > CHANCE_QUANTILE), low, high)


def area_interval(area: float, positives: float, negatives: float) -> ScoreInterval:
    """95 % interval of an area under the ROC curve from the counts alone.

    Parameters
    ----------
    area : float
        0 to 1.
    positives, negatives : float
        Rows of each decision.

    Returns
    -------
    ScoreInterval
        NaN without an area, or without both decisions.

    Notes
    -----
    Newcombe, Stat. Med. 25 (2006) 559, method 5: the areas from which the one found is no more than 1.96 standard
    errors away, each by its own standard error (Hanley and McNeil, Radiology 143 (1982) 29).

    Examples
    --------
    >>> area_interval(0.75, 15, 2000).low.__round__(3)
    0.621
    """
    if not (positives > 0 and negatives > 0 and 0 <= area <= 1):
        return ScoreInterval(float("nan"), float("nan"))
    more = (positives + negatives) / 2 - 1

    def beyond(true: float) -> float:
        shape = 1 + more * ((1 - true) / (2 - true) + true / (1 + true))
        return (area - true) ** 2 - QUANTILE**2 * true * (1 - true) * shape / (positives * negatives)

    inside = min(max(area, 1e-12), 1 - 1e-12)
    limits = (optimize.brentq(beyond, *ends) for ends in ((0.0, inside), (inside, 1.0)))
    return ScoreInterval(*limits)


def explained_variance(predictions: Floats, values: Floats) -> HeldOutScore:
    """R² of predictions, whether they correlate with the values beyond chance, and its interval.

    Parameters
    ----------
    predictions, values : float array, shape (n,)

    Returns
    -------
    value : float
        At most 1, negative for predictions worse than the values' mean; NaN for constant values.
    above_chance : bool
        By the one-sided 5 % test of the correlation.
    low, high : float
        By the influence of each row on log(1 − R²) (the infinitesimal jackknife: Efron, "The jackknife, the
        bootstrap and other resampling plans" (1982), chapter 6); no distribution is assumed.
    """
    squares = (values - values.mean()) ** 2 if len(values) else np.zeros(0)
    if len(values) < 3 or squares.sum() <= 0:
        return UNKNOWN
    misses = (values - predictions) ** 2
    left = float(misses.sum() / squares.sum())
    spread = float(predictions.std() * values.std())
    correlation = float(np.mean((predictions - predictions.mean()) * (values - values.mean())))
    above = spread > 0 and correlation / spread * np.sqrt(len(values)) > CHANCE_QUANTILE
    # Of the logarithm of the unexplained share, relative to 1.
    influence = misses / misses.mean() - squares / squares.mean() if left > 0 else np.zeros(1)
    factor = np.exp(QUANTILE * influence.std() / np.sqrt(len(values)))
    return HeldOutScore(1 - left, bool(above), float(1 - left * factor), float(1 - left / factor))


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
    """Held-out score of every column, shape (k,), whether it is above chance, its interval, and its rows.

    Attributes
    ----------
    values, low, high : float64 arrays, shape (k,); NaN without rows
    above_chance : bool array, shape (k,); False without rows
    samples, positives : int arrays, shape (k,), held-out rows with a response, and those above the threshold
    """

    values: Floats
    above_chance: Booleans
    low: Floats
    high: Floats
    samples: Indices
    positives: Indices


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
    predict = partial(_predict, coefficients=estimates.coefficients, intercepts=estimates.intercepts)
    pieces = list(targets.rows.map(predict, held=True)) if targets.rows.held_out else []
    width = len(targets.names)
    samples, positives = np.zeros(width, dtype=np.intp), np.zeros(width, dtype=np.intp)
    scores = [UNKNOWN] * width
    if pieces:
        predictions, responses = (np.concatenate(piece) for piece in zip(*pieces, strict=True))
        samples, positives = (~np.isnan(responses)).sum(axis=0), (responses > targets.thresholds).sum(axis=0)
        columns = zip(targets.kinds, predictions.T, responses.T, targets.thresholds, strict=True)
        scores = [score_column(*column) for column in columns]
    values, above_chance, low, high = (np.array(numbers) for numbers in zip(*scores, strict=True))
    return ColumnScores(values, above_chance, low, high, samples, positives)


class _Predictions(NamedTuple):
    predictors: Floats
    responses: Floats


def _predict(latents: Floats, responses: Floats, *, coefficients: Floats, intercepts: Floats) -> _Predictions:
    return _Predictions(latents @ coefficients.T + intercepts, responses)
