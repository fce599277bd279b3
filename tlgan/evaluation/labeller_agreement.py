"""How two labellers agree on the same images, and how well a boundary separates images."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlgan.errors import UserError


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
        a labeller never varies.
    """
    if first.shape != second.shape or first.ndim != 1:
        raise UserError(f"Two labellers must score the same images. Got {first.shape} and {second.shape}.")
    known = ~(np.isnan(first) | np.isnan(second))
    x, y = (np.asarray(scores, np.float64)[known] for scores in (first, second))
    result = {"correlation": _correlation(x, y)}
    if kind == "binary":
        said, also = x > 0, y > 0
        equal = float(np.mean(said == also)) if len(x) else float("nan")
        chance = float(said.mean() * also.mean() + (1 - said.mean()) * (1 - also.mean())) if len(x) else 1.0
        result |= {
            "decisions": equal,
            "kappa": (equal - chance) / (1 - chance) if chance < 1 else float("nan"),
        }
    return result


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
        `extremes`, `all`: shares in [0, 1]; `majority`, the accuracy of always predicting the
        commoner class; `n_extremes`, `n`. NaN without images.

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
        nan = float("nan")
        return {"extremes": nan, "all": nan, "majority": nan, "n_extremes": 0.0, "n": float(n)}
    count = max(1, int(n * share))
    order = np.argsort(seen, kind="stable")
    middle = np.median(predicted)
    low, high = predicted[order[:count]], predicted[order[-count:]]
    yes = seen > threshold
    return {
        "extremes": float((np.sum(low < middle) + np.sum(high > middle)) / (2 * count)),
        "all": float(np.mean((predicted > threshold) == yes)),
        "majority": float(max(yes.mean(), 1 - yes.mean())),
        "n_extremes": float(2 * count),
        "n": float(n),
    }


def _correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    if len(x) < 2 or x.std() == 0 or y.std() == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])
