"""How two labellers agree on the same images, and how well a boundary separates images."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tlgan.errors import UserError

QUANTILE = 1.959964  # of 95 % intervals


def agreement(first: NDArray[Any], second: NDArray[Any], kind: str) -> dict[str, float]:
    """Compare the scores of two labellers for one attribute on the same images.

    Parameters
    ----------
    first, second : float arrays, shape (n,)
        Logits of a binary attribute, values of a continuous one; NaN pairs are left out.
    kind : str
        "binary" compares the decisions (logit above 0) too.

    Returns
    -------
    dict
        `correlation` (Pearson); for binary attributes also `decisions`, the share of equal ones, and
        `kappa`, what is left of it beyond chance (Cohen, Educ. Psychol. Meas. 20 (1960) 37). NaN where
        a labeller never varies. Each with its 95 % interval, `correlation_low` and so on.
    """
    if first.shape != second.shape or first.ndim != 1:
        raise UserError(f"Two labellers must score the same images. Got {first.shape} and {second.shape}.")
    known = ~(np.isnan(first) | np.isnan(second))
    x, y = (np.asarray(scores, np.float64)[known] for scores in (first, second))
    value = _correlation(x, y)
    result = _with_limits("correlation", value, correlation_interval(value, len(x)))
    if kind == "binary":
        said, also = x > 0, y > 0
        equal = float(np.mean(said == also)) if len(x) else float("nan")
        chance = float(said.mean() * also.mean() + (1 - said.mean()) * (1 - also.mean())) if len(x) else 1.0
        limits = share_interval(equal, len(x))
        beyond = [
            (share - chance) / (1 - chance) if chance < 1 else float("nan") for share in (equal, *limits)
        ]
        result |= _with_limits("decisions", equal, limits)
        result |= _with_limits("kappa", beyond[0], Limits(max(-1.0, beyond[1]), beyond[2]))
    return result


class Limits(NamedTuple):
    """Lower and upper limit of a figure, 95 %; NaN where unknown."""

    low: float
    high: float


def correlation_interval(correlation: float, n: int) -> Limits:
    """95 % interval of a correlation of n pairs (Fisher, Metron 1 (1921) 3); NaN below four pairs.

    Examples
    --------
    >>> [round(limit, 2) for limit in correlation_interval(0.6, 100)]
    [0.46, 0.71]
    """
    if n < 4 or not abs(correlation) <= 1:
        return Limits(float("nan"), float("nan"))
    middle = np.arctanh(np.clip(correlation, -1 + 1e-15, 1 - 1e-15))
    low, high = np.tanh(middle + np.array([-1, 1]) * QUANTILE / np.sqrt(n - 3))
    return Limits(float(low), float(high))


def share_interval(share: float, n: int) -> Limits:
    """95 % interval of a share of n rows (Wilson, J. Am. Stat. Assoc. 22 (1927) 209); NaN without rows.

    Examples
    --------
    >>> [round(limit, 2) for limit in share_interval(1.0, 20)]
    [0.84, 1.0]
    """
    if n < 1 or not 0 <= share <= 1:
        return Limits(float("nan"), float("nan"))
    shrink = 1 + QUANTILE**2 / n
    middle = (share + QUANTILE**2 / (2 * n)) / shrink
    away = QUANTILE * np.sqrt(share * (1 - share) / n + QUANTILE**2 / (4 * n**2)) / shrink
    return Limits(float(max(0.0, middle - away)), float(min(1.0, middle + away)))


def difference_interval(
    first: float, first_low: float, first_high: float, second: float, second_low: float, second_high: float
) -> Limits:
    """95 % interval of the difference of two independent figures, from theirs.

    Where both are of the same pictures and go together, it is wider than need be.

    Notes
    -----
    Zou, Psychol. Methods 12 (2007) 399, equation (15).
    """
    difference = first - second
    low = difference - float(np.hypot(first - first_low, second_high - second))
    return Limits(low, difference + float(np.hypot(first_high - first, second - second_low)))


def _with_limits(name: str, value: float, limits: Limits) -> dict[str, float]:
    return {name: value, f"{name}_low": limits.low, f"{name}_high": limits.high}


def separation_accuracy(
    predictions: NDArray[Any], scores: NDArray[Any], threshold: float, share: float = 0.02
) -> dict[str, float]:
    """Accuracy of the boundary of an axis, on the images of extreme scores and on all.

    The first column of such tables in the literature is about the images that a labeller is surest of.
    There the boundary is put halfway between both groups, as a classifier trained on them alone would:
    at the median prediction. On all images the decision is the predictor's own.

    Parameters
    ----------
    predictions : float array, shape (n,)
        The axis' predictor of latents that its fit did not see, in the unit of the scores.
    scores : float array, shape (n,)
        The labeller's; NaN is left out.
    threshold : float
        Score that divides yes from no: 0 for logits, some middle value for continuous attributes.
    share : float
        In (0, 0.5]: part of the images in each extreme; at least one.

    Returns
    -------
    dict
        `extremes`, `all`: shares in [0, 1], with 95 % intervals (`all_low` and so on); `majority`, the accuracy
        of always predicting the commoner class; `n_extremes`, `n`. NaN without images.

    Notes
    -----
    After Shen et al. 2020, "Interpreting the latent space of GANs for semantic face editing",
    arXiv 1907.10786, section 4.1, which trains on 2 % at each end and keeps a part of these for validation.
    """
    if not 0 < share <= 0.5:
        raise UserError(f"`share` must lie in (0, 0.5]. Got {share}.")
    known = ~np.isnan(scores)
    predicted, seen = predictions[known], scores[known]
    n = len(seen)
    if n < 2:
        unknown = Limits(float("nan"), float("nan"))
        shares = _with_limits("extremes", *unknown[:1], unknown) | _with_limits("all", *unknown[:1], unknown)
        return shares | {"majority": float("nan"), "n_extremes": 0.0, "n": float(n)}
    count = max(1, int(n * share))
    order = np.argsort(seen, kind="stable")
    middle = np.median(predicted)
    low, high = predicted[order[:count]], predicted[order[-count:]]
    yes = seen > threshold
    extremes = float((np.sum(low < middle) + np.sum(high > middle)) / (2 * count))
    every = float(np.mean((predicted > threshold) == yes))
    return {
        **_with_limits("extremes", extremes, share_interval(extremes, 2 * count)),
        **_with_limits("all", every, share_interval(every, n)),
        "majority": float(max(yes.mean(), 1 - yes.mean())),
        "n_extremes": float(2 * count),
        "n": float(n),
    }


def _correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    if len(x) < 2 or x.std() == 0 or y.std() == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])
