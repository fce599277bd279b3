"""Leakage of every way of editing at equal change of the target, side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

from tlgan.evaluation.bootstrap import interval


def leakage_table(leaks: dict[str, np.ndarray], edits: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Leakage at equal target change for each edit, over the axes that all of them take so far.

    An edit that takes less than half as many axes so far as the best is left out of the comparison, or it
    would leave nothing to compare. The difference to the first edit is paired: same axes, same latents,
    same resamples. What the edits do to identity, realism and saturation is stated at the same change,
    over the same axes.
    """
    reached = {edit: ~np.isnan(draws[0, 0]) for edit, draws in leaks.items()}
    most = max(axes.sum() for axes in reached.values())
    compared = [edit for edit, axes in reached.items() if axes.sum() and 2 * axes.sum() >= most]
    together = np.logical_and.reduce([reached[edit] for edit in compared]) if compared else np.zeros(1, bool)
    table: dict[str, Any] = {
        "axes": int(together.sum()),
        "axes_reached": {edit: int(axes.sum()) for edit, axes in reached.items()},
        "edits": {},
    }
    if not together.any():
        return table
    means = {edit: leaks[edit][..., together].mean(axis=-1) for edit in compared}
    for edit in compared:
        entry: dict[str, Any] = {}
        for which, name in enumerate(("mean", "max", "systematic")):
            draws, difference = means[edit][which], means[edit][which] - means[compared[0]][which]
            entry[name] = with_interval(draws)
            entry[f"{name}_minus_first"] = with_interval(difference)
        for name in ("identity", "realism_change", "saturated_change"):
            values = np.array([row[name] for row in edits[edit]["by_axis"]])
            known = values[together & ~np.isnan(values)]
            entry[name] = float(known.mean()) if len(known) else float("nan")
        table["edits"][edit] = entry
    table["least"] = min(compared, key=lambda edit: table["edits"][edit]["mean"]["value"])
    return table


def with_interval(draws: np.ndarray) -> dict[str, float]:
    """The first draw, which is the figure, and the interval of all of them."""
    low, high = interval(draws)
    return {"value": float(draws[0]), "low": float(low), "high": float(high)}
