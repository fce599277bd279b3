"""One word for each axis, and the sentence with the figures it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlgan.evaluation.side_effects import LEAST_SHOWN

if TYPE_CHECKING:
    from tlgan.axes.axes import Axes

LOCAL = "local"  # the edit that follows the regressor as the editor does
USABLE, ENTANGLED, WEAK, NOT_FOUND = "usable", "entangled", "weak", "not found"
NOT_EVALUATED = "not evaluated"
WORDS = (USABLE, ENTANGLED, WEAK, NOT_FOUND, NOT_EVALUATED)
NOT_EVALUATED_RULE = (
    NOT_EVALUATED,
    "edits of it follow the regressor, and no judge has seen them: neither the straight axis nor the regressor, which "
    "the edit itself goes by, tells what else they change in pictures.",
)

CHANCE = {"AUC": 0.55, "R²": 0.02}  # held-out scores below which there is no axis
GOOD = {"AUC": 0.75, "R²": 0.25}  # held-out scores from which an axis is good
NOT_FOUND_DEGREES, WEAK_DEGREES = 45.0, 15.0
LEAST_CHANGE = 0.1  # sd of the target, at the largest step: the judge sees nothing
MOST_SIDE_EFFECT = 0.5  # of the target's change
LEAST_SAME_PERSON = 0.5  # share of faces
LEAST_RAW_COSINE = 0.5  # cosine of an axis with itself before it was orthogonalised
MOST_COSINE = 0.6
MOST_NAMED = 3  # attributes that a sentence names at most

RULES = (
    NOT_EVALUATED_RULE,
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
"""The rules in the order in which they are asked, in words, where edits follow a straight axis."""

LOCAL_RULES = (
    NOT_EVALUATED_RULE,
    (
        NOT_FOUND,
        f"the judge sees the attribute move by less than {LEAST_CHANGE:g} sd at the largest step.",
    ),
    (WEAK, "the judge does not see the attribute move by 1 sd."),
    (
        ENTANGLED,
        f"where the attribute has moved by 1 sd, the judge sees one outside its group move by more than "
        f"{MOST_SIDE_EFFECT:g} sd on the mean over faces, or (where a network that knows people was asked) "
        f"fewer than {LEAST_SAME_PERSON:.0%} of the faces are still the same person.",
    ),
    (USABLE, "none of these."),
)
"""The rules of axes whose regressor local edits follow."""


@dataclass(frozen=True)
class Verdict:
    """What to think of an axis: one of `WORDS`, one plain sentence with the figures, and entangled with whom."""

    word: str
    reason: str
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.word} with {', '.join(self.others)}" if self.others else self.word


def axis_verdicts(axes: Axes, evaluation: dict[str, Any] | None = None) -> dict[str, Verdict]:
    """Judge every axis by the rules of `rules_of`; the first rule that holds decides.

    Parameters
    ----------
    axes : Axes
    evaluation : dict or None
        As `pipelines.artifacts.evaluation_file.read_evaluation` gives it; the axes are judged as the editor
        uses them (`edit_of`). Without it, or for an axis that it does not know or whose attribute the judge
        does not know, axes that edits follow in a straight line decide alone; of those whose attribute a regressor
        knows nothing is said.

    Returns
    -------
    dict of Verdict by the name of the axis, in the order of `axes`

    Notes
    -----
    What is unknown (a held-out score of NaN, say) breaks no rule.
    """
    judged = _judged(evaluation)
    local = evaluation is not None and edit_of(evaluation) == LOCAL
    followed = axes.regressor.names if axes.regressor is not None else ()
    return {
        name: _verdict_local(judged[name])
        if local and name in judged
        else _not_evaluated(axes, name)
        if name in followed and name not in judged
        else _verdict(axes, row, judged.get(name))
        for row, name in enumerate(axes.names)
    }


def edit_of(evaluation: dict[str, Any]) -> str:
    """The way of editing that verdicts look at: what the editor does by default, or else the first."""
    for edit in (LOCAL, "orthogonalized"):
        if edit in evaluation["by_edit"]:
            return edit
    return str(evaluation["edits"][0])


def rules_of(evaluation: dict[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """The rules of verdicts in words, in the order in which they are asked."""
    return LOCAL_RULES if evaluation and edit_of(evaluation) == LOCAL else RULES


def usable_axes(evaluation: dict[str, Any], edit: str) -> int:
    """How many axes are usable by one way of editing, all ways judged by `LOCAL_RULES`."""
    return sum(
        row["reaches"] is not None and _verdict_local(row).word == USABLE
        for row in evaluation["by_edit"][edit]["by_axis"]
    )


def _judged(evaluation: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    """What the judge says of each axis whose attribute it knows."""
    if evaluation is None:
        return {}
    rows = evaluation["by_edit"][edit_of(evaluation)]["by_axis"]
    far = evaluation["equal_changes"][0]
    return {row["name"]: row | {"far": far} for row in rows if row["reaches"] is not None}


def _not_evaluated(axes: Axes, name: str) -> Verdict:
    """What is known of an axis whose edits follow the regressor before a judge has seen any."""
    assert axes.regressor is not None
    held_out = float(axes.regressor.held_out[axes.regressor.index(name)])
    known = "" if math.isnan(held_out) else f" It predicts unseen pictures with a score of {held_out:.2f}."
    return Verdict(
        NOT_EVALUATED, f"Edits follow the regressor, and no judge has seen them: run `evaluate`.{known}"
    )


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
        known.append(
            f"no other attribute moves by more than {_largest_change(judged):.2f} sd per sd of its own"
        )
    else:
        known.append(f"keeps {axes.kept_cosines[row]:.2f} of itself; not yet judged on edited pictures")
    words = "; ".join(known)
    return Verdict(USABLE, f"{words[0].upper()}{words[1:]}.")


def _verdict_local(judged: dict[str, Any]) -> Verdict:
    """Judge an axis by what an edit of 1 sd does, whatever the way of editing."""
    at = judged["at_1_sd"]
    if not at["reached"]:
        word = NOT_FOUND if judged["reaches"] < LEAST_CHANGE else WEAK
        return Verdict(word, f"The judge sees it move by {judged['reaches']:.2f} sd at most.")
    if entangled := _entangled_by_judge(at):
        return entangled
    known = [f"At 1 sd no attribute outside its group moves by more than {_largest_change(at):.2f} sd"]
    if at["same_person"] is not None:
        share = f"{at['same_person']:.0%} of the faces stay the same person"
        if at["same_person"] < LEAST_SAME_PERSON:
            return Verdict(ENTANGLED, f"At 1 sd only {share}.", ("identity",))
        known.append(share)
    return Verdict(USABLE, f"{'; '.join(known)}.")


def _largest_change(judged: dict[str, Any]) -> float:
    """The largest side effect, or the least that is listed where there is none."""
    return max((abs(effect["change"]) for effect in judged["most"]), default=LEAST_SHOWN)


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
