"""The tables of an evaluation: every figure of the judge, per way of editing and per axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipelines.evaluation.inputs import Evidence
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


def evaluation(evidence: Evidence) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """All tables, and the arrays that are too large for them."""
    options, axes = evidence.recipe.evaluate, evidence.axes
    weights = bootstrap_weights(len(evidence.edited["unedited"]), seed=options.seed)
    deviations = evidence.judged.std(axis=0, dtype=np.float64)
    requested = requested_changes(evidence)
    arrays: dict[str, np.ndarray] = {"deviations": deviations}
    leaks: dict[str, np.ndarray] = {}  # (3, 1 + B, A): mean, max, systematic
    edits: dict[str, dict[str, Any]] = {}
    for number, edit in enumerate(options.edits):
        tables, more, draws = of_edit(evidence, number, requested[:, number], deviations, weights)
        edits[edit] = tables
        leaks[edit] = draws
        arrays |= {f"{edit}/{name}": values for name, values in more.items()}
    tables = {
        "generator": axes.generator,
        "labellers": list(evidence.labellers),
        "judge": evidence.judge,
        "latents": len(evidence.edited["unedited"]),
        "reference_images": len(evidence.judged),
        "steps": list(options.steps),
        "edits": list(options.edits),
        "axes": list(axes.names),
        "attributes": list(evidence.attributes),
        "method": axes.method,
        "base": list(axes.base),
        "equal_change": options.equal_change,
        "leakage": leakage_table(leaks, edits),
        "different_faces": {"identity": float(np.nanmean(evidence.edited["strangers"]))}
        if not np.isnan(evidence.edited["strangers"]).all()
        else {"identity": float("nan")},
        "by_edit": edits,
        "by_axis": [of_axis(evidence, row) for row in range(len(axes))],
    }
    for row, axis in enumerate(tables["by_axis"]):
        axis["halves_degrees"] = evidence.halves.get(axis["name"], float("nan"))
        # Each half knows half as much, and both err: √2 · √2 standard errors of the whole.
        axis["halves_degrees_expected"] = 2 * float(axes.angular_errors[row])
    return tables, arrays


def requested_changes(evidence: Evidence) -> np.ndarray:
    """Change of each axis' own predictor in every edit, label units, shape (N, E, A, S)."""
    options, axes = evidence.recipe.evaluate, evidence.axes
    count = len(evidence.edited["unedited"])
    latents = draw_latents(0, count, axes.latent_dim, space=axes.latent_space, seed=options.seed)
    slopes = gradients(axes)
    requested = np.full((count, len(options.edits), len(axes), len(options.steps)), np.nan)
    for number, edit in enumerate(options.edits):
        move = build_edit(axes, edit)
        for row in range(len(axes)):
            for place, step in enumerate(options.steps):
                requested[:, number, row, place] = (move(latents, row, step) - latents) @ slopes[row]
    return requested


def of_edit(
    evidence: Evidence, number: int, requested: np.ndarray, deviations: np.ndarray, weights: np.ndarray
) -> tuple[dict[str, Any], dict[str, np.ndarray], np.ndarray]:
    """Tables and arrays of one way of editing, and draws of the leakage, (3, 1 + B, A)."""
    options, edited = evidence.recipe.evaluate, evidence.edited
    changes = changes_in_deviations(edited["scores"][:, number], edited["unedited"], deviations)
    rescoring = Rescoring(evidence.axes.names, evidence.attributes, np.array(options.steps), changes)
    achieved = rescoring.achieved
    mean, largest = attribute_dependency(rescoring)
    effects = changes_per_target(rescoring, weights)

    def at(values: np.ndarray, start: float = 0.0) -> np.ndarray:
        return at_equal_change(achieved, values, options.steps, options.equal_change, weights, start)

    def change_of(name: str) -> np.ndarray:
        return at(edited[name][:, number] - edited[f"unedited_{name}"][:, None, None])[0]

    draws = np.stack([at(mean), at(largest), options.equal_change * effects.sizes])
    signs = np.sign(options.steps)
    in_units = (
        achieved * signs * np.where(rescoring.targets >= 0, deviations[rescoring.targets], np.nan)[:, None]
    )
    calibration = calibrate(requested, in_units, weights)
    low, high = interval(draws.swapaxes(0, 1))
    per_axis = {
        "reaches": np.nanmax(known_level_means(achieved, options.steps), axis=1, initial=-np.inf),
        "mean_dependency": draws[0, 0],
        "mean_dependency_low": low[0],
        "mean_dependency_high": high[0],
        "max_dependency": draws[1, 0],
        "max_dependency_low": low[1],
        "max_dependency_high": high[1],
        "systematic": draws[2, 0],
        "systematic_low": low[2],
        "systematic_high": high[2],
        "identity": at(edited["identity"][:, number], 1.0)[0],
        "realism_change": change_of("realism"),
        "saturated_change": change_of("saturated"),
        "calibration_slope": calibration.slopes,
        "calibration_low": calibration.low,
        "calibration_high": calibration.high,
        "calibration_error": calibration.errors,
        "calibration_relative_error": calibration.relative_errors,
        "out_of_reach": np.isnan(edited["scores"][:, number]).all(axis=3).mean(axis=(0, 2)),
    }
    words = []
    for row, name in enumerate(evidence.axes.names):
        found = find_side_effects(effects, row, name, evidence.attributes)
        words.append(
            {"most": found, "sentence": describe_side_effects(name, found, target_moves(effects, row))}
        )
    tables = {
        "by_axis": [
            {"name": name} | {key: values[row] for key, values in per_axis.items()} | words[row]
            for row, name in enumerate(evidence.axes.names)
        ],
        "bins": {
            "mean": mean_by_bin(achieved, mean, BINS, weights),
            "max": mean_by_bin(achieved, largest, BINS, weights),
        },
    }
    arrays = {
        "rescoring": rescoring_matrix(rescoring),
        "per_target": effects.changes,
        "per_target_low": effects.low,
        "per_target_high": effects.high,
    }
    return tables, arrays, draws


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
        entry = {}
        for which, name in enumerate(("mean", "max", "systematic")):
            draws, difference = means[edit][which], means[edit][which] - means[compared[0]][which]
            entry[name] = _with_interval(draws)
            entry[f"{name}_minus_first"] = _with_interval(difference)
        for name in ("identity", "realism_change", "saturated_change"):
            values = np.array([row[name] for row in edits[edit]["by_axis"]])
            known = values[together & ~np.isnan(values)]
            entry[name] = float(known.mean()) if len(known) else float("nan")
        table["edits"][edit] = entry
    table["least"] = min(compared, key=lambda edit: table["edits"][edit]["mean"]["value"])
    return table


def of_axis(evidence: Evidence, row: int) -> dict[str, Any]:
    """What concerns an axis in whatever way it is used."""
    axes, fit = evidence.axes, evidence.recipe.fit
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
    if name not in evidence.labelled:
        return result
    scores = evidence.labelled[name]
    if name in evidence.attributes:
        column = evidence.attributes.index(name)
        seen = min(len(scores), len(evidence.judged))
        result["agreement"] = agreement(scores[:seen], evidence.judged[:seen, column], evidence.kinds[column])
    held = held_out_rows(0, len(scores), fit.held_out, fit.seed)
    if held.any():
        predicted = predictors(axes, evidence.sampled[held])[:, row]
        threshold = 0.0 if evidence.label_kinds[name] == "binary" else float(np.nanmedian(scores))
        result["separation"] = separation_accuracy(predicted, scores[held], threshold)
    return result


def _with_interval(draws: np.ndarray) -> dict[str, float]:
    low, high = interval(draws)
    return {"value": float(draws[0]), "low": float(low), "high": float(high)}
