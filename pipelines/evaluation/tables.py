"""The tables of an evaluation: every figure of the judge, per way of editing and per axis."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from pipelines.evaluation.correlations import correlation_table
from pipelines.evaluation.edit_tables import EqualChange, Reference, edit_rescoring, edit_tables
from pipelines.evaluation.edited_latents import edited_latents, moved_latents, requested_changes
from pipelines.evaluation.edited_scores import SECOND
from pipelines.evaluation.inputs import EvaluationInputs, SecondScores
from pipelines.evaluation.leakage_table import MeasuredEdit, leakage_table, mean_over_axes, with_interval
from pipelines.evaluation.verdicts import edit_of
from tlgan.axes.rarity import rarity_sentence
from tlgan.axes.systematic_errors import confusion_angles, disagreement_angles, systematic_errors
from tlgan.editing.linear_predictors import predictors
from tlgan.evaluation.bootstrap import bootstrap_weights, interval, known_means
from tlgan.evaluation.labeller_agreement import agreement, separation_accuracy
from tlgan.evaluation.leakage import attribute_dependency
from tlgan.evaluation.rescoring import Rescoring, changes_in_deviations
from tlgan.evaluation.side_effects import co_movement
from tlgan.latents.geometry import angles_between
from tlgan.regression.fit import fit_glms, probabilities
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
        "by_axis": by_axis_tables(inputs),
    }
    if inputs.second is not None:
        tables["second_judges"] = second_tables(inputs, inputs.second, reference)
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


def by_axis_tables(inputs: EvaluationInputs) -> list[dict[str, Any]]:
    """What holds of each axis in every way of editing, and how far labeller and judge turn it."""
    axes = inputs.axes
    apart = _judge_disagreement(inputs)
    confusion = confusion_angles([inputs.tested.get(name, np.nan) for name in axes.names], axes.kinds)
    errors = systematic_errors(axes.kinds, confusion, apart.beyond)
    return [
        axis_table(inputs, row)
        | {"judge_degrees": float(apart.angles[row]), "systematic_error": float(errors[row])}
        for row in range(len(axes))
    ]


class _Disagreement(NamedTuple):
    """Angles between the axes of labeller and judge, and what is beyond their sampling errors, degrees."""

    angles: np.ndarray
    beyond: np.ndarray


def _judge_disagreement(inputs: EvaluationInputs) -> _Disagreement:
    """Fit the judge's scores of the sample as the labeller's are, and compare; NaN where it has no such attribute."""
    axes, angles, errors = inputs.axes, np.full(len(inputs.axes), np.nan), np.full(len(inputs.axes), np.nan)
    shared = [name for name in inputs.attributes if name in axes.names]
    latents = inputs.sampled[: len(inputs.judged)]
    if shared and len(latents) > 2 * axes.latent_dim:
        columns = [inputs.attributes.index(name) for name in shared]
        kinds = [inputs.kinds[column] for column in columns]
        scores = probabilities(inputs.judged[:, columns], kinds)
        families = ["huber" if kind == "continuous" else "binomial" for kind in kinds]
        fits = fit_glms(latents, scores, shared, kinds, family=families, held_out=0.0)
        found = fits.slopes > 0
        rows = np.array([axes.index(name) for name in shared])[found]
        angles[rows] = angles_between(fits.directions[found], axes.raw_directions[rows]) if len(rows) else []
        errors[rows] = fits.angular_errors[found]
    return _Disagreement(angles, disagreement_angles(angles, axes.angular_errors, errors))


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
