"""Leakage of every way of editing at equal change of the target, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tlgan.evaluation.bootstrap import bootstrap_weights, interval, known_means
from tlgan.evaluation.leakage import at_equal_change, attribute_dependency, systematic_leakage
from tlgan.evaluation.rescoring import Rescoring

MEASURES = ("mean", "max", "systematic")
EXPORTED = (
    "raw",
    "orthogonalized",
    "project",
    "gram-schmidt",
    "lowdin",
)  # edits along axes that a file can hold


def leakage_draws(rescoring: Rescoring, change: float, weights: np.ndarray) -> np.ndarray:
    """Mean, largest and systematic leakage of each axis at a change of its target, shape (3, 1 + B, A)."""
    dependency = attribute_dependency(rescoring)
    read = [
        at_equal_change(rescoring.achieved, values, rescoring.steps, change, weights) for values in dependency
    ]
    return np.stack([*read, systematic_leakage(rescoring, change, weights)])


@dataclass(frozen=True, eq=False)
class MeasuredEdit:
    """What is known of a way of editing at one change of the target.

    Attributes
    ----------
    leakage : float array, shape (3, 1 + B, A)
        See `leakage_draws`.
    furthest : float array, shape (1 + B, A)
        How far each axis takes its target.
    pictures : dict of float arrays, shape (A,)
        Identity, realism and saturation, by name; empty where no picture was looked at.
    """

    leakage: np.ndarray
    furthest: np.ndarray
    pictures: dict[str, np.ndarray]


def leakage_table(change: float, edits: Mapping[str, MeasuredEdit], natural: np.ndarray) -> dict[str, Any]:
    """Leakage where the target has changed by `change`, over the axes that all edits take so far.

    An edit that takes less than half as many axes so far as the best is left out of the comparison, or it
    would leave nothing to compare; how many axes each takes so far is a result of its own. Intervals are over
    latents and axes, both resampled. The difference to the first edit is paired: same axes, same latents, same
    resamples.

    Parameters
    ----------
    change : float
        In standard deviations of the target.
    edits : mapping of MeasuredEdit
    natural : float array, shape (A,)
        What the other attributes differ by on the mean between unedited pictures whose targets differ by one.
    """
    reached = {edit: ~np.isnan(measured.leakage[0, 0]) for edit, measured in edits.items()}
    most = max(axes.sum() for axes in reached.values())
    compared = [edit for edit, axes in reached.items() if axes.sum() and 2 * axes.sum() >= most]
    together = np.logical_and.reduce([reached[edit] for edit in compared]) if compared else np.zeros(1, bool)
    draws, n_axes = next(iter(edits.values())).furthest.shape
    axis_weights = bootstrap_weights(n_axes, max(draws - 1, 1), seed=1)[:draws]
    table: dict[str, Any] = {
        "change": change,
        "axes": int(together.sum()),
        "axes_reached": {
            edit: with_interval(n_axes * ((measured.furthest >= change) * axis_weights).sum(axis=1))
            for edit, measured in edits.items()
        },
        "edits": {},
    }
    if not together.any():
        return table
    shares = _shares(axis_weights[:, together])
    means = {edit: (edits[edit].leakage[..., together] * shares).sum(axis=-1) for edit in compared}
    table["unedited"] = with_interval(change * (natural[together] * shares).sum(axis=1))
    for edit in compared:
        entry: dict[str, Any] = {}
        for which, name in enumerate(MEASURES):
            difference = means[edit][which] - means[compared[0]][which]
            entry[name] = with_interval(means[edit][which])
            entry[f"{name}_minus_first"] = with_interval(difference)
        for name, values in edits[edit].pictures.items():
            entry[name] = float(known_means(values[together], 0))
        table["edits"][edit] = entry
    table["least"] = _least(table["edits"], compared)
    for key, choice in (
        ("least_minus", compared),
        ("exported_minus", [e for e in compared if e in EXPORTED]),
    ):
        if choice:
            least = _least(table["edits"], choice)
            others = {
                edit: with_interval(means[least][0] - means[edit][0]) for edit in choice if edit != least
            }
            table[key] = {"edit": least, "others": others}
    return table


def mean_over_axes(draws: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Mean over some axes of draws (1 + B, A), shape (1 + B,); the axes are resampled with the latents."""
    count, n_axes = draws.shape
    weights = bootstrap_weights(n_axes, max(count - 1, 1), seed=1)[:count]
    means: np.ndarray = (draws[:, axes] * _shares(weights[:, axes])).sum(axis=1)
    return means if axes.any() else np.full(count, np.nan)


def _least(entries: Mapping[str, Any], edits: Sequence[str]) -> str:
    return min(edits, key=lambda edit: float(entries[edit]["mean"]["value"]))


def least_sentences(leakage: Mapping[str, Any], method: str) -> list[str]:
    """Say which edit leaks least, which of the axes that can be exported, and what the recipe should have.

    A recipe should have the axes as fitted, unless others leak less beyond doubt.

    Parameters
    ----------
    leakage : mapping
        One table of an evaluation, see `leakage_table`.
    method : str
        How the run's axes are made orthogonal, see `tlgan.axes.axes.METHODS`.

    Returns
    -------
    list of str
        Differences are paired: the same axes, faces and resamples, with 95 % intervals.
    """
    sentences = []
    first = next(iter(leakage["edits"]), "")
    if found := leakage.get("least_minus"):
        of = leakage["edits"][found["edit"]]["mean"]["value"]
        order = sorted(found["others"], key=lambda edit: -found["others"][edit]["value"])
        named = dict.fromkeys([*order[:1], *([first] if first in order else [])])
        than = [_difference(edit, found["others"][edit]) for edit in named]
        rest = f", {' and '.join(than)}" if than else ""
        sentences.append(f"{found['edit']} leaks least: {of:.3f} sd{rest}.")
    if (exported := leakage.get("exported_minus")) and exported["others"]:
        least, others = exported["edit"], exported["others"]
        own = {"none": "raw"}.get(method, method)
        own = own if own in others or own == least else "orthogonalized"
        than = [_difference(edit, entry) for edit, entry in others.items() if edit in ("raw", own)]
        rest = f", {' and '.join(than)}" if than else ""
        sentences.append(f"Of straight axes, which can be exported, {least} leaks least{rest}.")
        surely = others.get("raw", {"high": -1.0})["high"] < 0
        wanted = least if surely else "raw"  # the plain axes, where nothing is surely better
        if wanted not in (own, "orthogonalized") and own in (*others, least):
            chosen = "none" if wanted == "raw" else wanted
            sentences.append(f'The recipe should say `orthogonalize.method = "{chosen}"`.')
    return sentences


def _difference(edit: str, entry: Mapping[str, float]) -> str:
    """How much less than another edit, in words."""
    low, high = -entry["high"], -entry["low"]
    doubt = ", no certain difference" if low <= 0 <= high else ""
    return f"{-entry['value']:.3f} less than {edit} ({low:.3f} to {high:.3f}{doubt})"


def with_interval(draws: np.ndarray) -> dict[str, float]:
    """The first draw, which is the figure, and the interval of all of them."""
    low, high = interval(draws)
    return {"value": float(draws[0]), "low": float(low), "high": float(high)}


def _shares(weights: np.ndarray) -> np.ndarray:
    """Weights that sum to 1 in each row; NaN where a resample has none of these axes."""
    total = weights.sum(axis=1, keepdims=True)
    return np.divide(weights, total, out=np.full_like(weights, np.nan), where=total > 0)
