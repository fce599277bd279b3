"""Side effects of an axis: the other attributes that it changes, as values and as a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlgan.array_types import Floats
from tlgan.evaluation.rescoring import MeanChanges

LEAST_SHOWN = 0.1


@dataclass(frozen=True)
class SideEffect:
    """Change of another attribute while the target changes, with its bootstrap interval.

    Attributes
    ----------
    attribute : str
    change, low, high : float
        In standard deviations of the attribute.
    natural : float
        The difference in this attribute between unedited pictures whose targets differ by as much; NaN where
        unknown.
    """

    attribute: str
    change: float
    low: float
    high: float
    natural: float = float("nan")


def co_movement(scores: NDArray[np.floating], targets: NDArray[np.intp]) -> Floats:
    """How far each attribute goes along with each target in unedited pictures.

    Parameters
    ----------
    scores : float array, shape (n, K)
        The judge's scores of unedited pictures.
    targets : int array, shape (A,)
        Column of each axis' own attribute; -1 where there is none.

    Returns
    -------
    float64 array, shape (A, K)
        Slope of the regression of the attribute on the target, both in standard deviations (their correlation):
        1 in the target's own column, NaN where either never varies.
    """
    centred = np.asarray(scores, np.float64) - np.mean(scores, axis=0, dtype=np.float64)
    lengths = np.linalg.norm(centred, axis=0)
    unit = np.divide(centred, lengths, out=np.full_like(centred, np.nan), where=lengths > 0)
    return np.where((targets >= 0)[:, None], unit[:, targets].T @ unit, np.nan)


def find_side_effects(
    effects: MeanChanges,
    row: int,
    attributes: Sequence[str],
    among: NDArray[np.bool_],
    natural: Floats | None = None,
    most: int = 5,
) -> list[SideEffect]:
    """Find the attributes that an axis changes most, largest first.

    Only those whose interval leaves out 0 and that change by `LEAST_SHOWN` standard deviations or more.

    Parameters
    ----------
    effects : MeanChanges
    row : int
        Of the axis.
    attributes : sequence of str, length K
    among : bool array, shape (A, K)
        The attributes to look at for each axis: `Rescoring.others` or `Rescoring.companions`.
    natural : float64 array, shape (A, K), optional
        See `co_movement`; for the same change of the target.
    most : int
    """
    unedited = np.full(effects.changes.shape, np.nan) if natural is None else natural
    columns = (effects.changes[row], effects.low[row], effects.high[row], unedited[row])
    found = [
        SideEffect(name, float(change), float(low), float(high), float(own))
        for name, change, low, high, own, shown in zip(
            attributes, *columns, (moved_beyond_doubt(effects) & among)[row], strict=True
        )
        if shown
    ]
    return sorted(found, key=lambda effect: -abs(effect.change))[:most]


def moved_beyond_doubt(effects: MeanChanges) -> NDArray[np.bool_]:
    """Whether an attribute changes by `LEAST_SHOWN` or more and its interval leaves out 0, shape (A, K)."""
    beyond: NDArray[np.bool_] = (np.abs(effects.changes) >= LEAST_SHOWN) & (
        (effects.low > 0) | (effects.high < 0)
    )
    return beyond


def describe_side_effects(axis: str, effects: Sequence[SideEffect], known: bool = True) -> str:
    """Describe the side effects of an axis in one sentence, each with its interval.

    Parameters
    ----------
    axis : str
    effects : sequence of SideEffect
        Those whose interval includes changes below `LEAST_SHOWN` are marked "perhaps".
    known : bool
        Whether the judge saw the axis' own attribute change at all.
    """
    if not known:
        return f"Turning {axis} up does not visibly change {axis}."
    if not effects:
        return f"Turning {axis} up moves no other attribute by {LEAST_SHOWN:g} standard deviations or more."
    parts = []
    for word, sign in (("up", 1), ("down", -1)):
        names = [_with_interval(effect) for effect in effects if effect.change * sign > 0]
        if names:
            parts.append(f"{_list(names)} {word}")
    return f"Turning {axis} up by one standard deviation also turns {' and '.join(parts)}."


def _with_interval(effect: SideEffect) -> str:
    perhaps = ", perhaps" if min(abs(effect.low), abs(effect.high)) < LEAST_SHOWN else ""
    return f"{effect.attribute} ({effect.change:+.2f}, {effect.low:+.2f} to {effect.high:+.2f}{perhaps})"


def target_moves(effects: MeanChanges, row: int) -> bool:
    """Whether the target of an axis changed so far that others can be compared with it."""
    return bool(np.isfinite(effects.changes[row]).any())


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
