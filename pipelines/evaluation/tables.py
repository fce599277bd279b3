"""The tables of an evaluation: every figure of the judge, per way of editing and per axis."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from pipelines.evaluation.correlations import correlation_table
from pipelines.evaluation.edit_tables import Reference, edit_rescoring, edit_tables
from pipelines.evaluation.edited_latents import edited_latents, moved_latents, requested_changes
from pipelines.evaluation.inputs import EvaluationInputs
from pipelines.evaluation.leakage_table import MeasuredEdit, leakage_table
from pipelines.evaluation.verdicts import edit_of
from tlgan.axes.rarity import rarity_sentence
from tlgan.editing.linear_predictors import predictors
from tlgan.evaluation.bootstrap import bootstrap_weights, known_means
from tlgan.evaluation.labeller_agreement import agreement, separation_accuracy
from tlgan.evaluation.side_effects import co_movement
from tlgan.regression.streaming.row_stream import held_out_rows


class EvaluationTables(NamedTuple):
    """The tables of an evaluation, and the arrays that are too large for them, by name."""

    tables: dict[str, Any]
    arrays: dict[str, np.ndarray]


def evaluation_tables(inputs: EvaluationInputs) -> EvaluationTables:
    """Compute all tables and arrays of an evaluation, with bootstrap intervals over latents and axes."""
    options, axes = inputs.recipe.evaluate, inputs.axes
    reference = reference_of(inputs)
    latents = edited_latents(inputs)
    edits = {}
    for number, moved in enumerate(moved_latents(inputs, latents)):
        requested = requested_changes(axes, inputs.edits[number], latents, moved)
        edits[inputs.edits[number]] = edit_tables(inputs, number, requested, reference)
    arrays = {"deviations": reference.deviations, "natural": reference.natural}
    for edit, result in edits.items():
        arrays |= {f"{edit}/{name}": values for name, values in result.arrays.items()}
    tables = {
        "generator": axes.generator,
        "labellers": list(inputs.labellers),
        "judge": inputs.judge,
        "embedder": inputs.embedder,
        "same_person": inputs.same_person,
        "latents": len(latents),
        "reference_images": len(inputs.judged),
        "steps": list(options.steps),
        "edits": list(inputs.edits),
        "axes": list(axes.names),
        "attributes": list(inputs.attributes),
        "method": axes.method,
        "base": list(axes.base),
        "groups": [list(group) for group in inputs.groups],
        "equal_changes": list(options.equal_changes),
        "leakage": leakage_tables(
            inputs, {edit: result.measured for edit, result in edits.items()}, reference
        ),
        "different_faces": {"identity": float(known_means(inputs.edited["strangers"], 0))},
        "by_edit": {edit: result.tables for edit, result in edits.items()},
        "by_axis": [axis_table(inputs, row) for row in range(len(axes))],
    }
    tables["correlations"] = correlation_table(inputs, edits[edit_of(tables)].tables["by_axis"])
    return EvaluationTables(tables, arrays)


def reference_of(inputs: EvaluationInputs) -> Reference:
    """What the changes of all edits are compared with."""
    weights = bootstrap_weights(len(inputs.edited["unedited"]), seed=inputs.recipe.evaluate.seed)
    columns = [
        inputs.attributes.index(name) if name in inputs.attributes else -1 for name in inputs.axes.names
    ]
    deviations = inputs.judged.std(axis=0, dtype=np.float64)
    seen = len(inputs.judged)
    labelled = [inputs.labelled.get(name, np.full(1, np.nan))[:seen] for name in inputs.axes.names]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no labels at all
        of_labels = np.array([np.nanstd(scores, dtype=np.float64) for scores in labelled])
    return Reference(deviations, of_labels, co_movement(inputs.judged, np.array(columns)), weights)


def leakage_tables(
    inputs: EvaluationInputs, measured: Mapping[str, Sequence[MeasuredEdit]], reference: Reference
) -> list[dict[str, Any]]:
    """The comparison of all edits at each change of the target."""
    others = edit_rescoring(inputs, 0, reference.deviations).others
    natural = known_means(np.where(others, np.abs(reference.natural), np.nan), 1)
    return [
        leakage_table(change, {edit: at[place] for edit, at in measured.items()}, natural)
        for place, change in enumerate(inputs.recipe.evaluate.equal_changes)
    ]


def axis_table(inputs: EvaluationInputs, row: int) -> dict[str, Any]:
    """What holds of an axis in every way of editing."""
    axes, fit = inputs.axes, inputs.recipe.fit
    name = axes.names[row]
    result: dict[str, Any] = {
        "name": name,
        "kind": axes.kinds[row],
        "unit": axes.units[row],
        "held_out": axes.held_out[row],
        "held_out_low": axes.held_out_low[row],
        "held_out_high": axes.held_out_high[row],
        "too_rare": rarity_sentence(axes, row),
        "angular_error": axes.angular_errors[row],
        "kept": axes.kept_cosines[row],
        "agreement": None,
        "separation": None,
    }
    halves = {
        "halves_degrees": inputs.halves.get(name, float("nan")),
        # Each half knows half as much, and both err: √2 · √2 standard errors of the whole.
        "halves_degrees_expected": 2 * float(axes.angular_errors[row]),
    }
    if name not in inputs.labelled:
        return result | halves
    scores = inputs.labelled[name]
    if name in inputs.attributes:
        column = inputs.attributes.index(name)
        seen = min(len(scores), len(inputs.judged))
        result["agreement"] = agreement(scores[:seen], inputs.judged[:seen, column], inputs.kinds[column])
    held = held_out_rows(0, len(scores), fit.held_out, fit.seed)
    if held.any():
        predicted = predictors(axes, inputs.sampled[held])[:, row]
        threshold = 0.0 if inputs.label_kinds[name] == "binary" else float(np.nanmedian(scores))
        result["separation"] = separation_accuracy(predicted, scores[held], threshold)
    return result | halves
