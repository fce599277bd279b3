"""One word for each axis, and the sentence with the figures it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tlgan.axes.axes import Axes

USABLE, ENTANGLED, WEAK, NOT_FOUND = "usable", "entangled", "weak", "not found"
WORDS = (USABLE, ENTANGLED, WEAK, NOT_FOUND)

CHANCE = {"AUC": 0.55, "R²": 0.02}  # held-out scores below which there is no axis
GOOD = {"AUC": 0.75, "R²": 0.25}  # held-out scores from which an axis is good
NOT_FOUND_DEGREES, WEAK_DEGREES = 45.0, 15.0
LEAST_CHANGE = 0.1  # sd of the target, at the largest step: the judge sees nothing
MOST_SIDE_EFFECT = 0.5  # of the target's change
LEAST_RAW_COSINE = 0.5  # cosine of an axis with itself before it was orthogonalised
MOST_COSINE = 0.6
MOST_NAMED = 3  # attributes that a sentence names at most

RULES = (
    (
        NOT_FOUND,
        f"the held-out score is at chance (AUC below {CHANCE['AUC']}, R² below {CHANCE['R²']}), or one standard "
        f"error of the direction is above {NOT_FOUND_DEGREES:g}°, or the judge sees the attribute move by less than "
        f"{LEAST_CHANGE:g} sd at the largest step (where the axis lies mostly in the base, it counts as entangled "
        "with the base instead).",
    ),
    (
        WEAK,
        f"the held-out score is low (AUC below {GOOD['AUC']}, R² below {GOOD['R²']}), or one standard error of "
        f"the direction is above {WEAK_DEGREES:g}°, or the axis does not move its attribute, as the judge "
        "sees it, as far as axes are compared at.",
    ),
    (
        ENTANGLED,
        f"while the axis moves its own attribute by one sd, the judge sees another move by more than "
        f"{MOST_SIDE_EFFECT:g} sd. Where there is no judge: the axis keeps less than {LEAST_RAW_COSINE:g} of "
        "itself (cosine) after orthogonalisation, "
        f"or its cosine with another axis is above {MOST_COSINE:g}.",
    ),
    (USABLE, "none of these."),
)
"""The rules in the order in which they are asked, in words."""


@dataclass(frozen=True)
class Verdict:
    """What to think of an axis: one of `WORDS`, one plain sentence with the figures, and entangled with whom."""

    word: str
    reason: str
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.word} with {', '.join(self.others)}" if self.others else self.word


def axis_verdicts(axes: Axes, evaluation: dict[str, Any] | None = None) -> dict[str, Verdict]:
    """Judge every axis by `RULES`; the first rule that holds decides.

    Parameters
    ----------
    axes : Axes
    evaluation : dict or None
        As `pipelines.artifacts.evaluation_file.read_evaluation` gives it; the axes are judged as the axis file has them
        (edit "orthogonalized", or else the first of the evaluation). Without it, or for an axis that it does
        not know or whose attribute the judge does not know, the axes alone decide.

    Returns
    -------
    dict of Verdict by the name of the axis, in the order of `axes`

    Notes
    -----
    What is unknown (a held-out score of NaN, say) breaks no rule.
    """
    judged = _judged(evaluation)
    return {name: _verdict(axes, row, judged.get(name)) for row, name in enumerate(axes.names)}


def edit_of(evaluation: dict[str, Any]) -> str:
    """The way of editing that verdicts look at."""
    return "orthogonalized" if "orthogonalized" in evaluation["by_edit"] else evaluation["edits"][0]


def _judged(evaluation: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    """What the judge says of each axis whose attribute it knows."""
    if evaluation is None:
        return {}
    rows = evaluation["by_edit"][edit_of(evaluation)]["by_axis"]
    far = evaluation["equal_change"]
    return {row["name"]: row | {"far": far} for row in rows if row["reaches"] is not None}


def _verdict(axes: Axes, row: int, judged: dict[str, Any] | None) -> Verdict:
    score = "AUC" if axes.kinds[row] != "continuous" else "R²"
    held_out, error = float(axes.held_out[row]), float(axes.angular_errors[row])
    scored = f"{score} {held_out:.2f} on pictures that the fit did not see"
    if held_out < CHANCE[score]:
        return Verdict(NOT_FOUND, f"{scored[0].upper()}{scored[1:]} is no better than chance.")
    if error > NOT_FOUND_DEGREES:
        return Verdict(NOT_FOUND, f"The direction is uncertain by {error:.0f}°.")
    if judged and judged["reaches"] < LEAST_CHANGE:
        return _verdict_without_change(axes, row, judged)
    if held_out < GOOD[score]:
        return Verdict(WEAK, f"Only {scored}.")
    if error > WEAK_DEGREES:
        return Verdict(WEAK, f"The direction is uncertain by {error:.0f}°; more samples would help.")
    if judged and judged["reaches"] < judged["far"]:
        return Verdict(WEAK, f"The judge sees it move by {judged['reaches']:.2f} sd at most.")
    entangled = _entangled_by_judge(judged) if judged else _entangled_by_cosines(axes, row)
    if entangled:
        return entangled
    known = [] if math.isnan(held_out) else [f"{score} {held_out:.2f}"]
    known += [] if math.isnan(error) else [f"uncertain by {error:.1f}°"]
    if judged:
        most = max((abs(effect["change"]) for effect in judged["most"]), default=0.0)
        known.append(f"no other attribute moves by more than {max(most, 0.1):.2f} sd per sd of its own")
    else:
        known.append(f"keeps {axes.kept_cosines[row]:.2f} of itself; not yet judged on edited pictures")
    words = "; ".join(known)
    return Verdict(USABLE, f"{words[0].upper()}{words[1:]}.")


def _verdict_without_change(axes: Axes, row: int, judged: dict[str, Any]) -> Verdict:
    """An axis along which nothing moves: because it lies in the base, or because there is none."""
    moved = f"the judge sees it move by {judged['reaches']:.2f} sd at most"
    if axes.kept_cosines[row] < LEAST_RAW_COSINE:
        left = f"keeps {axes.kept_cosines[row]:.2f} of itself off {', '.join(axes.base) or 'the others'}"
        return Verdict(ENTANGLED, f"The axis {left}, and {moved}.", axes.base)
    return Verdict(NOT_FOUND, f"{moved[0].upper()}{moved[1:]}.")


def _entangled_by_judge(judged: dict[str, Any]) -> Verdict | None:
    others = [effect for effect in judged["most"] if abs(effect["change"]) > MOST_SIDE_EFFECT][:MOST_NAMED]
    if not others:
        return None
    moved = [f"{effect['attribute']} by {effect['change']:+.2f}" for effect in others]
    names = tuple(effect["attribute"] for effect in others)
    return Verdict(ENTANGLED, f"One sd of it also moves {', '.join(moved)} sd.", names)


def _entangled_by_cosines(axes: Axes, row: int) -> Verdict | None:
    kept = float(axes.kept_cosines[row])
    if kept < LEAST_RAW_COSINE:
        base = ", ".join(axes.base) or "the others"
        return Verdict(ENTANGLED, f"The axis keeps {kept:.2f} of itself off {base}.", axes.base)
    cosines = axes.directions @ axes.directions[row]
    near = sorted(
        (other for other in range(len(axes)) if other != row), key=lambda other: -abs(cosines[other])
    )
    near = [other for other in near if abs(cosines[other]) > MOST_COSINE][:MOST_NAMED]
    if not near:
        return None
    words = ", ".join(f"{cosines[other]:+.2f} with {axes.names[other]}" for other in near)
    return Verdict(ENTANGLED, f"Cosine {words}.", tuple(axes.names[other] for other in near))
