"""The inputs of an evaluation, gathered from the artefacts of the steps before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from pipelines.artifacts.fits_file import read_stability
from pipelines.evaluation.correlations import PhotographScores
from pipelines.evaluation.edited_scores import SECOND, STEPWISE
from pipelines.recipe.groups import checked_groups
from pipelines.recipe.load import Recipe
from pipelines.sources.second_judges import shared_attributes, shared_scores
from pipelines.workflow.step import RunSteps, Step
from tlgan.axes.axes import Axes
from tlgan.formats.axis_file import read_axes
from tlgan.storage.row_files import map_rows, read_attributes

COLUMNS = (
    "scores",
    "unedited",
    "identity",
    "strangers",
    "realism",
    "unedited_realism",
    "saturated",
    "unedited_saturated",
)
MOVED = "moved"  # a column that is there where moving latents takes a while


@dataclass(frozen=True, eq=False)
class SecondScores:
    """What second judges read, of attributes that they share with the judge.

    Attributes
    ----------
    judges : tuple of str
    attributes : tuple of str, length L
        By the judge's names.
    sampled : float array, shape (at most M, L)
        Of sampled pictures. Those of edited ones are among the columns of the stage `rescore`.
    """

    judges: tuple[str, ...]
    attributes: tuple[str, ...]
    sampled: np.ndarray


@dataclass(frozen=True, eq=False)
class EvaluationInputs:
    """The inputs of an evaluation: N edited latents, M sampled images, K judged attributes, A axes.

    Attributes
    ----------
    recipe : Recipe
    axes : Axes
    attributes, kinds : tuple of str, length K
        The judge's attributes.
    edits : tuple of str
        The ways of editing, in the order of the columns; those of the recipe that the axes can make.
    edited : dict of arrays
        Columns of the stage `rescore`, N rows each.
    groups : tuple of tuples of str
        Attributes that say nearly the same.
    sampled : float array, shape (M, D)
        Latents of the sample.
    judged : float array, shape (at most M, K)
        The judge's scores of the sample.
    labelled : dict of float arrays, shape (M,)
        The labellers' scores of the sample, by attribute.
    label_kinds : dict of str
        By attribute.
    judge : str
    labellers : tuple of str
    halves : dict of float
        Angle between the axes of both halves of the samples, degrees, by axis.
    embedder : str
        What says whether two pictures show the same face; "" where the judge's features do.
    same_person : float or None
        The embedder's cosine distance below which they rather do, where it has one.
    second : SecondScores or None
        Of second judges, where there are any.
    tested : mapping of str to float
        AUC or R² of the labellers on labelled pictures, by attribute, where their cards say.
    photographs : PhotographScores or None
        What people and labellers read off photographs, where these are prepared.
    """

    recipe: Recipe
    axes: Axes
    attributes: tuple[str, ...]
    kinds: tuple[str, ...]
    edits: tuple[str, ...]
    edited: dict[str, np.ndarray]
    groups: tuple[tuple[str, ...], ...]
    sampled: np.ndarray
    judged: np.ndarray
    labelled: dict[str, np.ndarray]
    label_kinds: dict[str, str]
    judge: str
    labellers: tuple[str, ...]
    halves: dict[str, float]
    embedder: str = ""
    same_person: float | None = None
    second: SecondScores | None = None
    photographs: PhotographScores | None = None
    tested: Mapping[str, float] = field(default_factory=dict)


def read_inputs(
    recipe: Recipe,
    steps: RunSteps,
    judge_labels: Step,
    rescore: Step,
    second_labels: Sequence[Step] = (),
    photographs: PhotographScores | None = None,
    tested: Mapping[str, float] = MappingProxyType({}),
) -> EvaluationInputs:
    """Gather the inputs of an evaluation.

    Parameters
    ----------
    recipe : Recipe
    steps : RunSteps
        Of the run whose axes are evaluated.
    judge_labels, rescore : Step
        The judge's scores of sampled and of edited images.
    second_labels : sequence of Step
        The second judges' scores of sampled images.
    photographs : PhotographScores, optional
    tested : mapping of str to float
        See `EvaluationInputs`.
    """
    facts = read_attributes(rescore.output)
    labelled: dict[str, np.ndarray] = {}
    kinds: dict[str, str] = {}
    labellers: list[str] = []
    for label in steps.labels:
        read = read_attributes(label.output)
        labellers.append(read["labeller"])
        scores = np.asarray(map_rows(label.output, "scores", label.rows))
        labelled |= dict(zip(read["names"], scores.T, strict=True))
        kinds |= dict(zip(read["names"], read["kinds"], strict=True))
    axes = read_axes(steps.axes.output)
    edits = tuple(facts.get("edits", recipe.evaluate.edits))
    columns = [*COLUMNS, *([MOVED] if any(edit in STEPWISE for edit in edits) else [])]
    columns += [SECOND, f"unedited_{SECOND}"] if second_labels else []
    return EvaluationInputs(
        recipe=recipe,
        axes=axes,
        attributes=tuple(facts["names"]),
        kinds=tuple(facts["kinds"]),
        edits=edits,
        edited={name: np.asarray(map_rows(rescore.output, name, rescore.rows)) for name in columns},
        groups=checked_groups(recipe.groups, [*axes.names, *labelled, *facts["names"]]),
        sampled=np.asarray(map_rows(steps.sample.output, "latents", steps.sample.rows)),
        judged=np.asarray(map_rows(judge_labels.output, "scores", judge_labels.rows)),
        labelled=labelled,
        label_kinds=kinds,
        judge=facts["judge"],
        labellers=tuple(labellers),
        halves=_angles_between_halves(steps.fits),
        embedder=facts.get("embedder", ""),
        same_person=facts.get("same_person_threshold"),
        second=_second_scores(recipe, facts["names"], second_labels) if second_labels else None,
        photographs=photographs,
        tested=tested,
    )


def _second_scores(recipe: Recipe, known: Sequence[str], labels: Sequence[Step]) -> SecondScores:
    facts = [read_attributes(label.output) for label in labels]
    shared = shared_attributes(known, [read["names"] for read in facts], recipe.evaluate.same_as)
    scores = [np.asarray(map_rows(label.output, "scores", label.rows)) for label in labels]
    judges = tuple(read["labeller"] for read in facts)
    return SecondScores(judges, tuple(one.name for one in shared), shared_scores(scores, shared))


def _angles_between_halves(fits: tuple[Step, ...]) -> dict[str, float]:
    """Angle between the axes of both halves of the samples, degrees, by axis."""
    found: dict[str, float] = {}
    for fit in fits:
        if stability := read_stability(fit.output):
            angles = np.degrees(np.arccos(stability["half_cosines"])).tolist()
            found |= dict(zip(read_attributes(fit.output)["names"], angles, strict=True))
    return found
