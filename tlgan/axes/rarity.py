"""Attributes that are too rare: too few positives (or negatives) to fit an axis and to score it.

Held-out part. The interval of an AUC rests on the rarer decision: with m of them it is about ±1.96·0.29/√m wide at
0.5 (Hanley and McNeil, Radiology 143 (1982) 29, many negatives). A good axis, AUC 0.75, is told from a guess in 91 %
of samples with 15, in 78 % with 10.

Fitted part. Where labels are yes and no, a fit with few positives is wrong and, with a ridge, does not say how much:
the stated error falls short by a fifth with 10 positives, by 6 to 12 % with 100 (64 and 256 dimensions). Where labels
are scores, every row tells how much, and the error is right with any number; then the held-out part decides.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from tlgan.array_types import Booleans
from tlgan.axes.axes import Axes

LEAST_FITTED = 100
LEAST_HELD_OUT = 15


def too_few(fitted: npt.ArrayLike, held_out: npt.ArrayLike, held_out_samples: npt.ArrayLike) -> Booleans:
    """Whether decisions of one kind are fewer than an axis and its score need.

    Parameters
    ----------
    fitted, held_out : float arrays, shape (n_axes,)
        Positives, say, in the fitted and in the held-out part; NaN where unknown, which is never too few.
    held_out_samples : float array, shape (n_axes,)
        Where it is 0, nothing was held out, and the fitted part decides.

    Examples
    --------
    >>> too_few([400, 400, 4], [30, 3, 1], [1000, 1000, 1000]).tolist()
    [False, True, True]
    """
    few_held = np.less(held_out, LEAST_HELD_OUT) & np.greater(held_out_samples, 0)
    few: Booleans = np.less(fitted, LEAST_FITTED) | few_held
    return few


def rare_axes(axes: Axes) -> Booleans:
    """Whether the attribute of each axis is too rare among its labels, shape (n_axes,); False where unknown."""
    return np.array([bool(rarity_sentence(axes, row)) for row in range(len(axes))])


def rarity_sentence(axes: Axes, row: int) -> str:
    """Say how many positives (or negatives) there were, how many are needed, and what number of samples gives them.

    Parameters
    ----------
    axes : Axes
    row : int
        Of the axis.

    Returns
    -------
    str
        Empty where the attribute is not too rare, or the numbers are not known.
    """
    held_samples = float(np.nan_to_num(axes.held_out_samples[row]))
    fitted, held = float(axes.positives[row]), float(axes.held_out_positives[row])
    kinds = {
        "positives": (fitted, held),
        "negatives": (float(axes.n_samples[row]) - fitted, held_samples - held),
    }
    for kind, (to_fit, to_score) in kinds.items():
        if too_few(to_fit, to_score, held_samples):
            return _sentence(kind, (to_fit, to_score), (float(axes.n_samples[row]), held_samples))
    return ""


def _sentence(kind: str, counts: tuple[float, float], samples: tuple[float, float]) -> str:
    """The sentence of `rarity_sentence`; each pair is of the fitted and the held-out part."""
    found, total = sum(counts), sum(samples)
    rate = max(found, 3.0) / total  # with none among n, the rate is below 3/n at 95 %
    shares = [part / total for part in samples]
    needed = max(
        least / (rate * share)
        for least, share in zip((LEAST_FITTED, LEAST_HELD_OUT), shares, strict=True)
        if share > 0
    )
    digits = 10.0 ** (math.floor(math.log10(needed)) - 1)
    roughly = "more than" if not found else "some"
    named = kind[:-1] if counts[0] == 1 else kind
    parts = f"{counts[0]:.0f} {named} to fit"
    least = f"{LEAST_FITTED}"
    if samples[1]:
        parts, least = f"{parts} and {counts[1]:.0f} held out", f"{least} and {LEAST_HELD_OUT}"
    return (
        f"{parts} among {total:,.0f} samples; {least} are needed, "
        f"{roughly} {math.ceil(needed / digits - 1e-9) * digits:,.0f} samples at this rate."
    )
