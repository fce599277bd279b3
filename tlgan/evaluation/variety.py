"""How varied a set of drawn images is beside photographs: spread of features, shares of attributes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def spread_ratio(real: NDArray[Any], drawn: NDArray[Any]) -> float:
    """Spread of drawn rows over that of real ones: the square root of the ratio of total variances.

    Parameters
    ----------
    real, drawn : float arrays, shapes (n, F) and (m, F), features or scores of images

    Returns
    -------
    float, 1 where both vary alike, below 1 where the drawn ones are too much alike

    Example
    -------
    >>> rows = np.random.default_rng(0).normal(size=(100, 3))
    >>> round(spread_ratio(rows, rows / 2), 3)
    0.5
    """
    total = np.var(np.asarray(real, "float64"), axis=0).sum()
    return float(np.sqrt(np.var(np.asarray(drawn, "float64"), axis=0).sum() / total))


def attribute_shares(scores: NDArray[Any]) -> NDArray[np.float64]:
    """Share of the rows in which each binary attribute is read as present.

    Parameters
    ----------
    scores : float array, shape (n, K), logits: above 0 is present
    """
    return np.asarray(np.mean(np.asarray(scores) > 0, axis=0), dtype="float64")


def rarer_attributes(real: NDArray[Any], drawn: NDArray[Any], factor: float = 3.0) -> NDArray[np.bool_]:
    """Which attributes are rarer among drawn images than a `factor`-th of their share among real ones.

    Parameters
    ----------
    real, drawn : float arrays, shapes (n, K) and (m, K), logits

    Returns
    -------
    bool array, shape (K,); False where no real image has the attribute
    """
    return np.asarray(factor * attribute_shares(drawn) < attribute_shares(real), dtype=bool)
