"""What an evaluation says of one way of editing: leakage, side effects, identity and calibration of each axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.evaluation.inputs import EvaluationInputs
from pipelines.evaluation.leakage_table import MeasuredEdit, leakage_draws, with_interval
from pipelines.evaluation.verdict_rules import VERDICT_CHANGE, resampled_words
from tlgan.evaluation.bootstrap import interval, known_means
from tlgan.evaluation.calibration import calibrate
from tlgan.evaluation.leakage import (
    at_equal_change,
    attribute_dependency,
    changes_at_equal_change,
    furthest_changes,
    mean_by_bin,
)
from tlgan.evaluation.rescoring import Rescoring, changes_in_deviations, changes_per_target, rescoring_matrix
from tlgan.evaluation.side_effects import (
    describe_side_effects,
    find_side_effects,
    moved_beyond_doubt,
    target_moves,
)
from tlgan.evaluation.transformation import transformation_curves

BINS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
# The attributes of the published disentanglement-transformation scores that CelebA has.
PUBLISHED = ("Eyeglasses", "Male", "Smiling", "Young")


@dataclass(frozen=True, eq=False)
class Reference:
    """What the changes of all edits are compared with.

    Attributes
    ----------
    deviations : float array, shape (K,)
        Of the judge's scores over the sample.
    label_deviations : float array, shape (A,)
        Of the labeller's scores of each axis' attribute over the same rows; NaN where unknown.
    natural : float array, shape (A, K)
        How far the attributes go along with each axis' target in unedited pictures.
    weights : float array, shape (1 + B, N)
        Of the latents, in the whole and in each resample.
    """

    deviations: np.ndarray
    label_deviations: np.ndarray
    natural: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class EditTables:
    """What an evaluation says of one way of editing.

    Attributes
    ----------
    tables : dict
    arrays : dict of arrays
    measured : tuple of MeasuredEdit, one for each change of the target at which edits are compared
    """

    tables: dict[str, Any]
    arrays: dict[str, np.ndarray]
    measured: tuple[MeasuredEdit, ...]


def edit_tables(
    inputs: EvaluationInputs, number: int, requested: np.ndarray, reference: Reference
) -> EditTables:
    """Compute tables and arrays of one way of editing.

    Parameters
    ----------
    number : int
        Of the edit, in the order of `inputs.edits`.
    requested : float array, shape (N, A, S)
        Its part of `requested_changes`.
    reference : Reference
    """
    options, weights = inputs.recipe.evaluate, reference.weights
    rescoring = edit_rescoring(inputs, number, reference.deviations)
    dependency = attribute_dependency(rescoring)
    effects = changes_per_target(rescoring, weights)
    furthest = furthest_changes(rescoring.achieved, options.steps, weights)
    measured = tuple(
        MeasuredEdit(
            leakage_draws(rescoring, change, weights),
            furthest,
            _picture_columns(inputs.edited, number, EqualChange.of(rescoring, change, weights)),
        )
        for change in options.equal_changes
    )
    per_axis = (
        {"reaches": furthest[0]}
        | dict(zip(("reaches_low", "reaches_high"), interval(furthest), strict=True))
        | _leakage_columns(measured[0].leakage)
        | measured[0].pictures
        | _calibration_columns(rescoring, requested, reference)
        | {"out_of_reach": np.isnan(inputs.edited["scores"][:, number]).all(axis=3).mean(axis=(0, 2))}
    )
    at_verdict = verdict_columns(inputs, number, rescoring, reference, furthest)
    among = rescoring.others & moved_beyond_doubt(effects)
    words = resampled_words(furthest, effects.draws, among, options.equal_changes[0])
    by_axis = []
    for row, name in enumerate(inputs.axes.names):
        found, companions = (
            find_side_effects(effects, row, inputs.attributes, mask, reference.natural)
            for mask in (rescoring.others, rescoring.companions)
        )
        said = {
            "words": words[row],
            "most": found,
            "companions": companions,
            "sentence": describe_side_effects(name, found, target_moves(effects, row)),
            "at_1_sd": at_verdict[row],
        }
        by_axis.append({"name": name} | {key: values[row] for key, values in per_axis.items()} | said)
    bins = {
        "mean": mean_by_bin(rescoring.achieved, dependency.mean, BINS, weights),
        "max": mean_by_bin(rescoring.achieved, dependency.largest, BINS, weights),
    }
    curves = transformation_table(inputs, number, rescoring, weights)
    arrays = {
        "rescoring": rescoring_matrix(rescoring),
        "leakage": np.stack([at.leakage[:, 0] for at in measured]),
        "per_target": effects.changes,
        "per_target_low": effects.low,
        "per_target_high": effects.high,
    }
    tables = {"by_axis": by_axis, "bins": bins, "transformation": curves}
    return EditTables(tables, arrays, measured)


def edit_rescoring(inputs: EvaluationInputs, number: int, deviations: np.ndarray) -> Rescoring:
    """Changes of the judged attributes by one way of editing."""
    changes = changes_in_deviations(inputs.edited["scores"][:, number], inputs.edited["unedited"], deviations)
    steps = np.array(inputs.recipe.evaluate.steps)
    return Rescoring(inputs.axes.names, inputs.attributes, steps, changes, inputs.groups)


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

    @classmethod
    def of(cls, rescoring: Rescoring, change: float, weights: np.ndarray) -> EqualChange:
        """Where the targets of a rescoring have changed by `change`."""
        return cls(rescoring.achieved, rescoring.steps.tolist(), change, weights)

    def read(self, values: np.ndarray, start: float = 0.0) -> np.ndarray:
        """Values (N, A, S) at the equal change, shape (1 + B, A); `start` is their value without an edit."""
        return at_equal_change(self.achieved, values, self.steps, self.change, self.weights, start)


def verdict_columns(
    inputs: EvaluationInputs,
    number: int,
    rescoring: Rescoring,
    reference: Reference,
    furthest: np.ndarray,
) -> list[dict[str, Any]]:
    """What verdicts are made of, axis by axis: what else moves where the target has moved by `VERDICT_CHANGE`.

    Of each axis `reached` (whether the target moves so far at all), `most` (the attributes outside its group
    that move most on the mean over faces), `same_person` with its interval (share of faces that the embedder still
    takes for the same person; NaN where it does not say), and `words`, see `resampled_words`.
    """
    effects = changes_at_equal_change(rescoring, VERDICT_CHANGE, reference.weights)
    same = np.full(furthest.shape, np.nan)
    if inputs.same_person is not None:
        at = EqualChange.of(rescoring, VERDICT_CHANGE, reference.weights)
        identity = inputs.edited["identity"][:, number]
        near = np.where(np.isnan(identity), np.nan, 1 - identity < inputs.same_person)
        same = at.read(near, 1.0)
    natural = VERDICT_CHANGE * reference.natural
    low, high = interval(same)
    among = rescoring.others & moved_beyond_doubt(effects)
    words = resampled_words(furthest, effects.draws, among, VERDICT_CHANGE, same)
    return [
        {
            "reached": bool(np.isfinite(effects.changes[row]).any()),
            "most": find_side_effects(effects, row, inputs.attributes, rescoring.others, natural),
            "same_person": same[0, row],
            "same_person_low": low[row],
            "same_person_high": high[row],
            "words": words[row],
        }
        for row in range(len(inputs.axes))
    ]


def transformation_table(
    inputs: EvaluationInputs, number: int, rescoring: Rescoring, weights: np.ndarray
) -> dict[str, Any]:
    """Disentanglement against transformation, mean over the axes of binary attributes, and the areas below.

    `score` is over all pairs of attributes outside a group; `score_of_published` over the pairs of `PUBLISHED`
    alone, which published scores can be set beside.
    """
    binary = np.array([kind == "binary" for kind in inputs.kinds])
    targets = np.where(binary[rescoring.targets], rescoring.targets, -1)
    published = np.array([name in PUBLISHED for name in inputs.attributes])
    sides = (inputs.edited["scores"][:, number], inputs.edited["unedited"], rescoring.steps)
    curves = transformation_curves(*sides, targets, rescoring.others & binary, weights)
    among = np.where((targets >= 0) & published[targets], targets, -1)
    pairs = transformation_curves(*sides, among, rescoring.others & binary & published, weights)
    return {
        "transformation": known_means(curves.transformation, 0),
        "disentanglement": known_means(curves.disentanglement, 0),
        "score": with_interval(known_means(curves.areas, 1)),
        "score_of_published": with_interval(known_means(pairs.areas, 1)),
    }


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
    rescoring: Rescoring, requested: np.ndarray, reference: Reference
) -> dict[str, np.ndarray]:
    """How the change of each axis' target compares with the change asked for.

    Slopes and errors are in label units. The gain is the slope in standard deviations, of the judge's scores over the
    labeller's: two networks may give the same pictures smaller or larger logits, which is no fault of an edit.
    """
    signs, targets = np.sign(rescoring.steps), rescoring.targets
    deviations = np.where(targets >= 0, reference.deviations[targets], np.nan)
    scale = reference.label_deviations / deviations
    calibration = calibrate(requested, rescoring.achieved * signs * deviations[:, None], reference.weights)
    return {
        "gain": calibration.slopes * scale,
        "gain_low": calibration.low * scale,
        "gain_high": calibration.high * scale,
        "calibration_slope": calibration.slopes,
        "calibration_low": calibration.low,
        "calibration_high": calibration.high,
        "calibration_error": calibration.errors,
        "calibration_relative_error": calibration.relative_errors,
    }
