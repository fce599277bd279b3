"""Side effects of an axis: the other attributes that it changes, as values and as a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlgan.evaluation.rescoring import ChangesPerTarget

LEAST_SHOWN = 0.1


@dataclass(frozen=True)
class SideEffect:
    """Change of another attribute per standard deviation of the target, with its bootstrap interval."""

    attribute: str
    change: float
    low: float
    high: float


def find_side_effects(
    effects: ChangesPerTarget, row: int, target: str, attributes: Sequence[str], most: int = 5
) -> list[SideEffect]:
    """Find the attributes that an axis changes most beside its own, largest first.

    Only those whose interval leaves out 0 and that change by `LEAST_SHOWN` standard deviations or more.

    Parameters
    ----------
    effects : ChangesPerTarget
    row : int
        Of the axis.
    target : str
        Its own attribute, which is left out.
    attributes : sequence of str, length K
    most : int
    """
    found = [
        SideEffect(name, float(change), float(low), float(high))
        for name, change, low, high in zip(
            attributes, effects.changes[row], effects.low[row], effects.high[row], strict=True
        )
        if name != target and abs(change) >= LEAST_SHOWN and (low > 0 or high < 0)
    ]
    return sorted(found, key=lambda effect: -abs(effect.change))[:most]


def describe_side_effects(axis: str, effects: Sequence[SideEffect], known: bool = True) -> str:
    """Describe the side effects of an axis in one sentence.

    Parameters
    ----------
    axis : str
    effects : sequence of SideEffect
    known : bool
        Whether the judge saw the axis' own attribute change at all.
    """
    if not known:
        return f"Turning {axis} up does not visibly change {axis}."
    if not effects:
        return f"Turning {axis} up moves no other attribute by {LEAST_SHOWN:g} standard deviations or more."
    parts = []
    for word, sign in (("up", 1), ("down", -1)):
        names = [
            f"{effect.attribute} ({effect.change:+.2f})" for effect in effects if effect.change * sign > 0
        ]
        if names:
            parts.append(f"{_list(names)} {word}")
    return f"Turning {axis} up by one standard deviation also turns {' and '.join(parts)}."


def target_moves(effects: ChangesPerTarget, row: int) -> bool:
    """Whether the target of an axis changed so far that others can be compared with it."""
    return bool(np.isfinite(effects.changes[row]).any())


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
