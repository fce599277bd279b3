"""Edits of growing amount, and what is read where the target has changed alike."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.editors.judges import Judge, Sight
from pipelines.evaluation.editors.editor import Editor, Faces
from tlgan.evaluation.image_distances import frechet_distance
from tlgan.evaluation.image_quality import signal_to_noise
from tlgan.evaluation.leakage import (
    at_equal_change,
    attribute_dependency,
    furthest_changes,
    systematic_leakage,
)
from tlgan.evaluation.rescoring import Rescoring, changes_in_deviations

TIMED = 16  # faces, edited at once, whose time is taken


@dataclass(frozen=True, eq=False)
class Sweep:
    """One editor on one attribute: every face moved towards the other side, by growing amounts.

    Attributes
    ----------
    editor, attribute : str
    rescoring : Rescoring
        Changes against what the editor draws unedited, turned so that above 0 is towards the other side; one axis.
    second : float array, shape (n, S), the target's change as a second judge sees it; NaN where it knows it not
    flipped : bool array, shape (n, S), whether the judge sees the other side
    identity : float array, shape (n, 1 + S), distance of the person from the untouched picture, unedited first
    frechet : float array, shape (1 + S,), from the untouched pictures, unedited first
    drift : float array, shape (n,), mean change of all attributes by drawing the face unedited, in deviations
    psnr : float array, shape (n,), of the face drawn unedited, in decibels
    milliseconds : float, of one edit
    """

    editor: str
    attribute: str
    rescoring: Rescoring
    second: np.ndarray
    flipped: np.ndarray
    identity: np.ndarray
    frechet: np.ndarray
    drift: np.ndarray
    psnr: np.ndarray
    milliseconds: float


def directions_of(values: np.ndarray) -> np.ndarray:
    """1 for faces that have less of an attribute than the mean face, −1 for those that have more, shape (n,)."""
    return np.where(values < np.mean([values.min(), values.max()]), 1.0, -1.0)


def sweep_editor(
    editor: Editor, faces: Faces, attribute: str, amounts: Sequence[float], judge: Judge, untouched: Sight
) -> Sweep:
    """Edit faces by growing amounts and let the judge look.

    Parameters
    ----------
    editor : Editor
    faces : Faces
    attribute : str
    amounts : increasing floats above 0, length S, in the editor's unit
    judge : Judge
    untouched : Sight, of the faces' own pictures
    """
    towards = directions_of(faces.value_of(attribute))
    redrawn_pictures = editor(faces, attribute, np.zeros(len(faces)))
    redrawn = judge.look(redrawn_pictures)
    sights = [judge.look(editor(faces, attribute, towards * amount)) for amount in amounts]
    deviations = untouched.scores.std(axis=0, dtype=np.float64)
    scores = np.stack([sight.scores for sight in sights], axis=1)[:, None]  # (n, 1, S, K)
    changes = changes_in_deviations(scores, redrawn.scores, deviations)
    rescoring = Rescoring(
        (attribute,),
        judge.attributes,
        np.asarray(amounts),
        changes * towards[:, None, None, None],
        judge.groups,
    )
    column = judge.attributes.index(attribute)
    second = np.stack([sight.second[:, column] for sight in sights], axis=1) - redrawn.second[:, [column]]
    drawn = [redrawn, *sights]
    return Sweep(
        editor=editor.name,
        attribute=attribute,
        rescoring=rescoring,
        second=second * towards[:, None] / untouched.second[:, column].std(),
        flipped=(scores[:, 0, :, column] > judge.middles[column]) == (towards > 0)[:, None],
        identity=np.stack([judge.distances(untouched.person, sight.person) for sight in drawn], axis=1),
        frechet=np.array([max(0.0, frechet_distance(untouched.features, sight.features)) for sight in drawn]),
        drift=np.abs(changes_in_deviations(redrawn.scores, untouched.scores, deviations)).mean(axis=1),
        psnr=signal_to_noise(faces.images, redrawn_pictures),
        milliseconds=edit_milliseconds(editor, faces, attribute, towards * amounts[len(amounts) // 2]),
    )


def edit_milliseconds(editor: Editor, faces: Faces, attribute: str, amounts: np.ndarray) -> float:
    """Milliseconds of one edit, several at once; what compiles has been compiled by earlier edits."""
    some, rows = faces.select(slice(TIMED)), amounts[:TIMED]
    editor(some, attribute, rows)
    began = time.perf_counter()
    editor(some, attribute, rows)
    return 1000 * (time.perf_counter() - began) / len(some)


@dataclass(frozen=True, eq=False)
class AtChange:
    """What is read where the target has changed by so much; NaN where the editor does not get there.

    Attributes
    ----------
    reached : float array, shape (1 + B,), the furthest mean change, in deviations
    leakage, scatter : float arrays, shape (1 + B,)
        Mean absolute change of the attributes outside the target's group, the mean over faces taken first; and the
        same in single pictures.
    identity, same_person : float arrays, shape (1 + B,), mean distance, and share below the judge's threshold
    second : float array, shape (1 + B,), the target's change as the second judge sees it
    frechet : float
    """

    reached: np.ndarray
    leakage: np.ndarray
    scatter: np.ndarray
    identity: np.ndarray
    same_person: np.ndarray
    second: np.ndarray
    frechet: float


def at_change(sweep: Sweep, change: float, weights: np.ndarray, same_person: float | None = None) -> AtChange:
    """Read a sweep where its target has changed by `change` standard deviations on the mean.

    Parameters
    ----------
    weights : float array, shape (1 + B, n), of the faces, in the whole and in each resample: with the same weights
        the figures of two editors are paired
    """
    rescoring = sweep.rescoring
    achieved, steps = rescoring.achieved, rescoring.steps

    def read(values: np.ndarray, start: float = 0.0) -> np.ndarray:
        return at_equal_change(achieved, values[:, None], steps, change, weights, start)[:, 0]

    near = np.where(np.isnan(sweep.identity), np.nan, sweep.identity < (same_person or np.nan))
    if same_person is None:
        near = np.full(sweep.identity.shape, np.nan)
    mean_achieved = np.nanmean(achieved, axis=0, keepdims=True)
    frechet = at_equal_change(
        mean_achieved, sweep.frechet[None, None, 1:], steps, change, np.ones((1, 1)), sweep.frechet[0]
    )
    return AtChange(
        reached=furthest_changes(achieved, steps, weights)[:, 0],
        leakage=systematic_leakage(rescoring, change, weights)[:, 0],
        scatter=read(attribute_dependency(rescoring).mean[:, 0]),
        identity=read(sweep.identity[:, 1:], float(sweep.identity[:, 0].mean())),
        same_person=read(near[:, 1:], float(near[:, 0].mean())),
        second=read(sweep.second),
        frechet=float(frechet[0, 0]),
    )
