"""The tables of an evaluation: every figure of the judge, per way of editing and per axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from pipelines.evaluation.inputs import EvaluationInputs
from pipelines.evaluation.leakage_table import leakage_table
from tlgan.editing.edit_methods import build_edit
from tlgan.editing.linear_predictors import gradients, predictors
from tlgan.evaluation.bootstrap import bootstrap_weights, interval
from tlgan.evaluation.calibration import calibrate
from tlgan.evaluation.labeller_agreement import agreement, separation_accuracy
from tlgan.evaluation.leakage import at_equal_change, attribute_dependency, mean_by_bin
from tlgan.evaluation.rescoring import Rescoring, changes_in_deviations, changes_per_target, rescoring_matrix
from tlgan.evaluation.side_effects import describe_side_effects, find_side_effects, target_moves
from tlgan.latents.sampling import draw_latents
from tlgan.regression.streaming.row_stream import held_out_rows

BINS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)


class EvaluationTables(NamedTuple):
    """The tables of an evaluation, and the arrays that are too large for them, by name."""

    tables: dict[str, Any]
    arrays: dict[str, np.ndarray]


def evaluation_tables(inputs: EvaluationInputs) -> EvaluationTables:
    """Compute all tables and arrays of an evaluation, with bootstrap intervals over the latents."""
    options, axes = inputs.recipe.evaluate, inputs.axes
    weights = bootstrap_weights(len(inputs.edited["unedited"]), seed=options.seed)
    deviations = inputs.judged.std(axis=0, dtype=np.float64)
    requested = requested_changes(inputs)
    edits = {
        edit: edit_tables(inputs, number, requested[:, number], deviations, weights)
        for number, edit in enumerate(options.edits)
    }
    arrays: dict[str, np.ndarray] = {"deviations": deviations}
    for edit, result in edits.items():
        arrays |= {f"{edit}/{name}": values for name, values in result.arrays.items()}
    tables = {
        "generator": axes.generator,
        "labellers": list(inputs.labellers),
        "judge": inputs.judge,
        "latents": len(inputs.edited["unedited"]),
        "reference_images": len(inputs.judged),
        "steps": list(options.steps),
        "edits": list(options.edits),
        "axes": list(axes.names),
        "attributes": list(inputs.attributes),
        "method": axes.method,
        "base": list(axes.base),
        "equal_change": options.equal_change,
        "leakage": leakage_table(
            {edit: result.leakage for edit, result in edits.items()},
            {edit: result.tables for edit, result in edits.items()},
        ),
        "different_faces": {"identity": _known_mean(inputs.edited["strangers"])},
        "by_edit": {edit: result.tables for edit, result in edits.items()},
        "by_axis": [axis_table(inputs, row) for row in range(len(axes))],
    }
    return EvaluationTables(tables, arrays)


def requested_changes(inputs: EvaluationInputs) -> np.ndarray:
    """Change of each axis' own predictor in every edit, label units, shape (N, E, A, S)."""
    options, axes = inputs.recipe.evaluate, inputs.axes
    count = len(inputs.edited["unedited"])
    latents = draw_latents(0, count, axes.latent_dim, space=axes.latent_space, seed=options.seed)
    slopes = gradients(axes)
    requested = np.full((count, len(options.edits), len(axes), len(options.steps)), np.nan)
    for number, edit in enumerate(options.edits):
        move = build_edit(axes, edit)
        for row in range(len(axes)):
            for place, step in enumerate(options.steps):
                requested[:, number, row, place] = (move(latents, row, step) - latents) @ slopes[row]
    return requested


@dataclass(frozen=True, eq=False)
class EditTables:
    """What an evaluation says of one way of editing.

    Attributes
    ----------
    tables : dict
    arrays : dict of arrays
    leakage : float array, shape (3, 1 + B, A)
        Mean, largest and systematic leakage of each axis: the value, then B resamples.
    """

    tables: dict[str, Any]
    arrays: dict[str, np.ndarray]
    leakage: np.ndarray


def edit_tables(
    inputs: EvaluationInputs,
    number: int,
    requested: np.ndarray,
    deviations: np.ndarray,
    weights: np.ndarray,
) -> EditTables:
    """Compute tables and arrays of one way of editing.

    Parameters
    ----------
    number : int
        Of the edit, in the order of `evaluate.edits`.
    requested : float array, shape (N, A, S)
        Its part of `requested_changes`.
    deviations : float array, shape (K,)
        Of the judge's scores over the sample.
    weights : float array, shape (1 + B, N)
        Of the latents, in the whole and in each resample.
    """
    steps = inputs.recipe.evaluate.steps
    scores = inputs.edited["scores"][:, number]
    changes = changes_in_deviations(scores, inputs.edited["unedited"], deviations)
    rescoring = Rescoring(inputs.axes.names, inputs.attributes, np.array(steps), changes)
    mean, largest = attribute_dependency(rescoring)
    effects = changes_per_target(rescoring, weights)
    at = EqualChange(rescoring.achieved, steps, inputs.recipe.evaluate.equal_change, weights)
    leakage = np.stack([at.read(mean), at.read(largest), at.change * effects.sizes])
    per_axis = (
        {"reaches": np.nanmax(known_level_means(at.achieved, steps), axis=1, initial=-np.inf)}
        | _leakage_columns(leakage)
        | _picture_columns(inputs.edited, number, at)
        | _calibration_columns(rescoring, requested, deviations, weights)
        | {"out_of_reach": np.isnan(scores).all(axis=3).mean(axis=(0, 2))}
    )
    by_axis = []
    for row, name in enumerate(inputs.axes.names):
        found = find_side_effects(effects, row, name, inputs.attributes)
        words = {"most": found, "sentence": describe_side_effects(name, found, target_moves(effects, row))}
        by_axis.append({"name": name} | {key: values[row] for key, values in per_axis.items()} | words)
    bins = {
        "mean": mean_by_bin(at.achieved, mean, BINS, weights),
        "max": mean_by_bin(at.achieved, largest, BINS, weights),
    }
    arrays = {
        "rescoring": rescoring_matrix(rescoring),
        "per_target": effects.changes,
        "per_target_low": effects.low,
        "per_target_high": effects.high,
    }
    return EditTables({"by_axis": by_axis, "bins": bins}, arrays, leakage)


@dataclass(frozen=True, eq=False)
class EqualChange:
    """Where along each axis values are read: where the target has changed by the same amount.

    Attributes
    ----------
    achieved : float array, shape (N, A, S)
        Change of the target, in standard deviations.
    steps : sequence of float, length S
    change : float
        The change of the target at which values are read.
    weights : float array, shape (1 + B, N)
    """

    achieved: np.ndarray
    steps: Sequence[float]
    change: float
    weights: np.ndarray

    def read(self, values: np.ndarray, start: float = 0.0) -> np.ndarray:
        """Values (N, A, S) at the equal change, shape (1 + B, A); `start` is their value without an edit."""
        return at_equal_change(self.achieved, values, self.steps, self.change, self.weights, start)


def _leakage_columns(leakage: np.ndarray) -> dict[str, np.ndarray]:
    """Mean, largest and systematic leakage of each axis with their intervals."""
    low, high = interval(leakage.swapaxes(0, 1))
    columns: dict[str, np.ndarray] = {}
    for which, name in enumerate(("mean_dependency", "max_dependency", "systematic")):
        columns |= {name: leakage[which, 0], f"{name}_low": low[which], f"{name}_high": high[which]}
    return columns


def _picture_columns(edited: dict[str, np.ndarray], number: int, at: EqualChange) -> dict[str, np.ndarray]:
    """What an edit does to identity, realism and saturation, by axis."""

    def change_of(name: str) -> np.ndarray:
        return at.read(edited[name][:, number] - edited[f"unedited_{name}"][:, None, None])[0]

    return {
        "identity": at.read(edited["identity"][:, number], 1.0)[0],
        "realism_change": change_of("realism"),
        "saturated_change": change_of("saturated"),
    }


def _calibration_columns(
    rescoring: Rescoring, requested: np.ndarray, deviations: np.ndarray, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """How the change of each axis' target compares with the change asked for, both in label units."""
    signs, targets = np.sign(rescoring.steps), rescoring.targets
    in_units = rescoring.achieved * signs * np.where(targets >= 0, deviations[targets], np.nan)[:, None]
    calibration = calibrate(requested, in_units, weights)
    return {
        "calibration_slope": calibration.slopes,
        "calibration_low": calibration.low,
        "calibration_high": calibration.high,
        "calibration_error": calibration.errors,
        "calibration_relative_error": calibration.relative_errors,
    }


def known_level_means(achieved: np.ndarray, steps: Sequence[float]) -> np.ndarray:
    """Mean achieved change of each axis at every step size, shape (A, n_sizes); -inf where unknown."""
    sizes = np.abs(steps)
    means = []
    for size in np.unique(sizes):
        values = achieved[:, :, sizes == size]
        known = ~np.isnan(values)
        counts = known.sum(axis=(0, 2))
        total = np.where(known, values, 0).sum(axis=(0, 2))
        means.append(np.where(counts, total / np.maximum(counts, 1), -np.inf))
    return np.stack(means, axis=1)


def axis_table(inputs: EvaluationInputs, row: int) -> dict[str, Any]:
    """What holds of an axis in every way of editing."""
    axes, fit = inputs.axes, inputs.recipe.fit
    name = axes.names[row]
    result: dict[str, Any] = {
        "name": name,
        "kind": axes.kinds[row],
        "unit": axes.units[row],
        "held_out": axes.held_out[row],
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


def _known_mean(values: np.ndarray) -> float:
    """Mean of the values that are known; NaN where none is."""
    return float("nan") if np.isnan(values).all() else float(np.nanmean(values))
