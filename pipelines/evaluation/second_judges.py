"""What second judges say of edits: how far targets move, and what else does, among the attributes that they know."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipelines.evaluation.edit_tables import EqualChange, Reference, edit_rescoring
from pipelines.evaluation.edited_scores import SECOND
from pipelines.evaluation.inputs import EvaluationInputs, SecondScores
from pipelines.evaluation.leakage_table import mean_over_axes, with_interval
from tlgan.evaluation.bootstrap import interval, known_means
from tlgan.evaluation.leakage import attribute_dependency
from tlgan.evaluation.rescoring import Rescoring, changes_in_deviations


def second_tables(inputs: EvaluationInputs, second: SecondScores, reference: Reference) -> dict[str, Any]:
    """The tables of second judges, at each change of the target as the judge sees it.

    Returns
    -------
    dict
        `judges`, `attributes`, and `by_change`: of each change and way of editing, over the axes that every edit takes
        so far, `target` (change of the target, of axes whose target they know), `mean` and `systematic` (leakage into
        what they know; see `tlgan.evaluation.leakage`), with intervals, and `by_axis`.
    """
    changes = inputs.recipe.evaluate.equal_changes
    return {
        "judges": list(second.judges),
        "attributes": list(second.attributes),
        "by_change": [_at_change(inputs, second, reference, change) for change in changes],
    }


def _at_change(
    inputs: EvaluationInputs, second: SecondScores, reference: Reference, change: float
) -> dict[str, Any]:
    """What second judges see where the targets have changed by `change`, by way of editing."""
    draws = {}
    for number, edit in enumerate(inputs.edits):
        judged = edit_rescoring(inputs, number, reference.deviations)
        at = EqualChange.of(judged, change, reference.weights)
        draws[edit] = _read(_second_rescoring(inputs, number, second), at)
    reached = {edit: ~np.isnan(read["all"]).all(axis=(0, 2)) for edit, read in draws.items()}
    most = max(axes.sum() for axes in reached.values())
    compared = [axes for axes in reached.values() if 2 * axes.sum() >= most]  # as in the table of leakage
    together = np.logical_and.reduce(compared)
    return {
        "change": change,
        "axes": int(together.sum()),
        "edits": {
            edit: _edit_entry(inputs, second, read, together & reached[edit]) for edit, read in draws.items()
        },
    }


def _second_rescoring(inputs: EvaluationInputs, number: int, second: SecondScores) -> Rescoring:
    """Changes of the shared attributes by one way of editing, in deviations of the second judges."""
    deviations = second.sampled.std(axis=0, dtype=np.float64)
    edited, unedited = inputs.edited[SECOND][:, number], inputs.edited[f"unedited_{SECOND}"]
    changes = changes_in_deviations(edited, unedited, deviations)
    steps = np.array(inputs.recipe.evaluate.steps)
    return Rescoring(inputs.axes.names, second.attributes, steps, changes, inputs.groups)


def _read(seen: Rescoring, at: EqualChange) -> dict[str, np.ndarray]:
    """Draws at the equal change: of all shared attributes (1 + B, A, L), and of target and leakage (1 + B, A)."""
    columns = [at.read(seen.towards[..., column]) for column in range(len(seen.attributes))]
    everything = np.stack(columns, axis=2)
    own = everything[:, np.arange(len(seen.axes)), seen.targets]
    return {
        "all": everything,
        "target": np.where(seen.targets >= 0, own, np.nan),
        "mean": at.read(attribute_dependency(seen).mean),
        "systematic": known_means(np.where(seen.others, np.abs(everything), np.nan), 2),
    }


def _edit_entry(
    inputs: EvaluationInputs, second: SecondScores, read: dict[str, np.ndarray], axes: np.ndarray
) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    for name in ("target", "mean", "systematic"):
        known = axes & ~np.isnan(read[name][0])
        entry[name] = with_interval(mean_over_axes(read[name], known))
    low, high = interval(read["all"])
    figures = {"value": read["all"][0], "low": low, "high": high}
    entry["by_axis"] = {
        axis: {
            name: {key: values[row, column] for key, values in figures.items()}
            for column, name in enumerate(second.attributes)
        }
        for row, axis in enumerate(inputs.axes.names)
    }
    return entry
