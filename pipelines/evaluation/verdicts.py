"""One word for each axis, and the sentence with the figures it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.evaluation.verdict_rules import (
    CHANCE,
    ENTANGLED,
    GOOD,
    LEAST_CHANGE,
    LEAST_RAW_COSINE,
    LEAST_SAME_PERSON,
    LOCAL_RULES,
    MOST_COSINE,
    MOST_SIDE_EFFECT,
    NOT_EVALUATED,
    NOT_FOUND,
    NOT_FOUND_DEGREES,
    RULES,
    TOO_RARE,
    USABLE,
    VERDICT_CHANGE,
    WEAK,
    WEAK_DEGREES,
)
from tlgan.axes.compare import cosine_intervals
from tlgan.axes.rarity import rarity_sentence
from tlgan.evaluation.side_effects import LEAST_SHOWN

if TYPE_CHECKING:
    from tlgan.axes.axes import Axes

LOCAL = "local"  # the edit that follows the regressor as the editor does
MOST_NAMED = 3  # attributes that a sentence names at most


@dataclass(frozen=True)
class Verdict:
    """What to think of an axis.

    Attributes
    ----------
    word : str, one of `WORDS`
    reason : str, one plain sentence with the figures
    others : tuple of str, with what the axis is entangled
    sure : float or None
        Share of bootstrap resamples of the edited faces that give the same word; None where none were edited,
        or the word does not rest on them.
    """

    word: str
    reason: str
    others: tuple[str, ...] = ()
    sure: float | None = None

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
    verdicts = {}
    for row, name in enumerate(axes.names):
        if rare := rarity_sentence(axes, row):
            verdicts[name] = Verdict(TOO_RARE, f"{rare[0].upper()}{rare[1:]}")
        elif local and name in judged:
            verdicts[name] = _verdict_local(judged[name])
        elif name in followed and name not in judged:
            verdicts[name] = _not_evaluated(axes, name)
        else:
            verdicts[name] = _verdict(axes, row, judged.get(name))
    return verdicts


def best_first(axes: Axes, verdicts: dict[str, Verdict]) -> list[int]:
    """Rows of the axes, the best first.

    First those that move their attribute (usable, entangled or not evaluated), then weak ones, those not found, and
    the rare;
    among these by the lower end of the held-out score's interval, unknown ones last.
    """
    classes = {USABLE: 0, ENTANGLED: 0, NOT_EVALUATED: 0, WEAK: 1, NOT_FOUND: 2, TOO_RARE: 3}
    low = [-math.inf if math.isnan(value) else float(value) for value in axes.held_out_low]
    order = range(len(axes))
    return sorted(order, key=lambda row: (classes[verdicts[axes.names[row]].word], -low[row]))


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
    """How many axes are usable by one way of editing, all ways judged by `LOCAL_RULES`; rare ones do not count."""
    rare = {row["name"] for row in evaluation.get("by_axis", ()) if row.get("too_rare")}
    return sum(
        row["reaches"] is not None and row["name"] not in rare and _verdict_local(row).word == USABLE
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
    limits = (float(axes.held_out_low[row]), float(axes.held_out_high[row]))
    if held_out < CHANCE[score]:
        interval = _interval(*limits, CHANCE[score])
        where = "on pictures that the fit did not see is no better than chance"
        return Verdict(NOT_FOUND, f"{score} {held_out:.2f}{interval} {where}.")
    if error > NOT_FOUND_DEGREES:
        return Verdict(NOT_FOUND, f"The direction is uncertain by {error:.0f}°.")
    sure = _share(judged, "words")
    if judged and judged["reaches"] < LEAST_CHANGE:
        return replace(_verdict_without_change(axes, row, judged), sure=sure)
    if held_out < GOOD[score]:
        interval = _interval(*limits, GOOD[score])
        return Verdict(WEAK, f"Only {score} {held_out:.2f}{interval} on pictures that the fit did not see.")
    if error > WEAK_DEGREES:
        return Verdict(WEAK, f"The direction is uncertain by {error:.0f}°; more samples would help.")
    if judged and judged["reaches"] < judged["far"]:
        return Verdict(WEAK, f"The judge sees it move by {_reach(judged, judged['far'])} at most.", sure=sure)
    entangled = _entangled_by_judge(judged) if judged else _entangled_by_cosines(axes, row)
    if entangled:
        return replace(entangled, sure=sure)
    known = [] if math.isnan(held_out) else [f"{score} {held_out:.2f}{_interval(*limits, GOOD[score])}"]
    known += [] if math.isnan(error) else [f"uncertain by {error:.1f}°{_by_labeller(axes, row)}"]
    if judged:
        known.append(f"no other attribute moves by more than {_largest_change(judged)} sd per sd of its own")
    else:
        known.append(f"keeps {axes.kept_cosines[row]:.2f} of itself; not yet judged on edited pictures")
    words = "; ".join(known)
    return Verdict(USABLE, f"{words[0].upper()}{words[1:]}.", sure=sure)


def _by_labeller(axes: Axes, row: int) -> str:
    """The part of the error that is the labeller's, where it is known."""
    error = float(axes.systematic_errors[row])
    return "" if math.isnan(error) else f" by sampling and {error:.0f}° by the labeller's mistakes"


def _verdict_local(judged: dict[str, Any]) -> Verdict:
    """Judge an axis by what an edit of 1 sd does, whatever the way of editing."""
    at, sure = judged["at_1_sd"], _share(judged["at_1_sd"], "words")
    if not at["reached"]:
        word = NOT_FOUND if judged["reaches"] < LEAST_CHANGE else WEAK
        limit = LEAST_CHANGE if word == NOT_FOUND else VERDICT_CHANGE
        return Verdict(word, f"The judge sees it move by {_reach(judged, limit)} at most.", sure=sure)
    if entangled := _entangled_by_judge(at):
        return replace(entangled, sure=sure)
    known = [f"At 1 sd no attribute outside its group moves by more than {_largest_change(at)} sd"]
    if at["same_person"] is not None:
        low, high = at.get("same_person_low"), at.get("same_person_high")
        interval = _interval(low, high, LEAST_SAME_PERSON, ".0%")
        share = f"{at['same_person']:.0%}{interval} of the faces stay the same person"
        if at["same_person"] < LEAST_SAME_PERSON:
            return Verdict(ENTANGLED, f"At 1 sd only {share}.", ("identity",), sure)
        known.append(share)
    return Verdict(USABLE, f"{'; '.join(known)}.", sure=sure)


def _share(judged: dict[str, Any] | None, key: str) -> float | None:
    """Share of the resamples that agree with the word of the sample itself, the first of the mapping."""
    words = (judged or {}).get(key)
    return next(iter(words.values())) if words else None


def _interval(low: float | None, high: float | None, limit: float, form: str = ".2f") -> str:
    """An interval in brackets, and the limit of the rules that it includes, if any; "" where it is unknown."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    includes = f", includes {limit:{form}}" if low <= limit <= high else ""
    return f" ({low:{form}} to {high:{form}}{includes})"


def _reach(judged: dict[str, Any], limit: float) -> str:
    interval = _interval(judged.get("reaches_low"), judged.get("reaches_high"), limit)
    return f"{judged['reaches']:.2f} sd{interval}"


def _largest_change(judged: dict[str, Any]) -> str:
    """The largest side effect and whose it is, or the least that is listed where there is none."""
    if not judged["most"]:
        return f"{LEAST_SHOWN:.2f}"
    effect = max(judged["most"], key=lambda effect: abs(effect["change"]))
    interval = _interval(*_sizes(effect), MOST_SIDE_EFFECT)
    return f"{abs(effect['change']):.2f}{interval.replace('(', '(' + effect['attribute'] + ', ', 1)}"


def _sizes(effect: dict[str, Any]) -> tuple[float, float]:
    """Interval of the size of a side effect."""
    ends = [effect[end] if effect["change"] >= 0 else -effect[end] for end in ("low", "high")]
    return min(ends), max(ends)


def _verdict_without_change(axes: Axes, row: int, judged: dict[str, Any]) -> Verdict:
    """An axis along which nothing moves: because it lies in the base, or because there is none."""
    moved = f"the judge sees it move by {_reach(judged, LEAST_CHANGE)} at most"
    if axes.kept_cosines[row] < LEAST_RAW_COSINE:
        left = f"keeps {axes.kept_cosines[row]:.2f} of itself off {', '.join(axes.base) or 'the others'}"
        return Verdict(ENTANGLED, f"The axis {left}, and {moved}.", axes.base)
    return Verdict(NOT_FOUND, f"{moved[0].upper()}{moved[1:]}.")


def _entangled_by_judge(judged: dict[str, Any]) -> Verdict | None:
    others = [effect for effect in judged["most"] if abs(effect["change"]) > MOST_SIDE_EFFECT][:MOST_NAMED]
    if not others:
        return None
    moved = [
        f"{effect['attribute']} by {effect['change']:+.2f} sd{_interval(*_sizes(effect), MOST_SIDE_EFFECT)}"
        for effect in others
    ]
    names = tuple(effect["attribute"] for effect in others)
    return Verdict(ENTANGLED, f"One sd of it also moves {', '.join(moved)}.", names)


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
    sizes = np.sort(np.abs([limits[row] for limits in cosine_intervals(axes)]), axis=0)
    words = ", ".join(
        f"{cosines[other]:+.2f}{_interval(sizes[0, other], sizes[1, other], MOST_COSINE)} with {axes.names[other]}"
        for other in near
    )
    return Verdict(ENTANGLED, f"Cosine {words}.", tuple(axes.names[other] for other in near))
