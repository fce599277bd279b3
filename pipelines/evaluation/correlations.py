"""Why attributes come along: correlations in photographs, and in drawn faces by labeller and by judge.

What the labeller sees together on drawn faces and on photographs alike, the generator has learned from people. What it
sees together on drawn faces alone is the generator's own. What the judge does not see there, or people did not see in
the same photographs, is the labeller's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.sources.source import Source
from tlgan.evaluation.labeller_agreement import correlation_interval, difference_interval
from tlgan.storage.row_files import map_rows, read_attributes

if TYPE_CHECKING:
    from pipelines.evaluation.inputs import EvaluationInputs

MOST_PHOTOGRAPHS = 2_000
MOST_PAIRS = 15
LEAST_DIFFERENCE = 0.1  # of two correlations that is spoken of
TEST = 2  # part of the split that no training saw
OF_PEOPLE, OF_GENERATOR, OF_LABELLER = "as in photographs", "the generator's own", "the labeller's"


@dataclass(frozen=True, eq=False)
class PhotographScores:
    """Scores of photographs that no training saw, by attribute, float32 arrays, shape (n,).

    Attributes
    ----------
    labels : dict, 0 and 1 or values, by people; NaN where unknown
    labeller : dict, of the recipe's labellers
    """

    labels: Mapping[str, np.ndarray]
    labeller: Mapping[str, np.ndarray]


def score_photographs(faces: Path, labellers: Sequence[Source]) -> PhotographScores:
    """Let the labellers of a recipe read the test part of its prepared photographs.

    Parameters
    ----------
    faces : Path
        What the stage `prepare` wrote.
    labellers : sequence of Source
        Those that read no images are left out.
    """
    rows = np.flatnonzero(np.asarray(map_rows(faces, "split")) == TEST)[:MOST_PHOTOGRAPHS]
    images = np.asarray(map_rows(faces, "images")[rows])
    labels = np.asarray(map_rows(faces, "labels")[rows])
    names = read_attributes(faces)["names"]
    scores: dict[str, np.ndarray] = {}
    for source in labellers:
        if source.reads_images and len(images):
            network = source.open()
            scores |= dict(zip(network.names, network.score_rows(images, None, 0).T, strict=True))
    return PhotographScores(dict(zip(names, labels.T, strict=True)), scores)


def correlation_table(inputs: EvaluationInputs, by_axis: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The side effects that are largest, each with the correlation of the two attributes where they were read.

    Parameters
    ----------
    inputs : EvaluationInputs
    by_axis : sequence of mappings
        Of the way of editing that verdicts look at: `name` and `most`.

    Returns
    -------
    dict
        `photographs`, how many; `pairs`, each with `axis`, `attribute`, `change`, `low`, `high`, the correlations
        `people` (of their yes and no on photographs), `decisions` (of the labeller's there), `photographs`, `drawn`
        (of the labeller's scores) and `judge` (on drawn faces), each with its interval or None, and `word`, whose
        the correlation is, "" where that is not certain.
    """
    seen = len(inputs.judged)
    drawn = {name: scores[:seen] for name, scores in inputs.labelled.items()}
    judged = dict(zip(inputs.attributes, inputs.judged.T, strict=True))
    read = inputs.photographs or PhotographScores({}, {})
    photographs = read.labeller
    binary = {name for name, kind in inputs.label_kinds.items() if kind == "binary"}
    people = {name: labels for name, labels in read.labels.items() if name in binary}
    decisions = {name: (photographs[name] > 0).astype(np.float64) for name in people if name in photographs}
    effects = [(row["name"], effect) for row in by_axis for effect in row["most"]]
    effects.sort(key=lambda pair: -abs(pair[1].change))
    pairs: dict[frozenset[str], dict[str, Any]] = {}
    for axis, effect in effects:
        names = frozenset((axis, effect.attribute))
        if names not in pairs and len(pairs) < MOST_PAIRS:
            found = {
                "people": _correlation(people, names),
                "decisions": _correlation(decisions, names),
                "photographs": _correlation(photographs, names),
                "drawn": _correlation(drawn, names),
                "judge": _correlation(judged, names),
            }
            change = {"change": effect.change, "low": effect.low, "high": effect.high}
            pairs[names] = {
                "axis": axis,
                "attribute": effect.attribute,
                **change,
                **found,
                "word": whose(**found),
            }
    count = len(next(iter(photographs.values()), ()))
    return {"photographs": count, "pairs": list(pairs.values())}


Correlation = dict[str, float] | None


def whose(
    people: Correlation,
    decisions: Correlation,
    photographs: Correlation,
    drawn: Correlation,
    judge: Correlation,
) -> str:
    """Whose a correlation is: one of the three words, or "" where there are no photographs or the interval is wide.

    The labeller's where the judge sees less of it on the same drawn faces, or people in the same photographs, by
    `LEAST_DIFFERENCE` beyond doubt; the generator's own where the labeller sees less of it on photographs; else as in
    photographs, if that is certain.
    """
    if drawn is None:
        return ""
    if judge is not None and _stronger(drawn, judge):
        return OF_LABELLER
    if people is not None and decisions is not None and _stronger(decisions, people):
        return OF_LABELLER
    if photographs is None:
        return ""
    if _stronger(drawn, photographs):
        return OF_GENERATOR
    low, high = difference_interval(*_ends(drawn), *_ends(photographs))
    near = max(abs(low), abs(high)) < 2 * LEAST_DIFFERENCE or not _stronger(photographs, drawn)
    return OF_PEOPLE if near else ""


def _stronger(first: dict[str, float], second: dict[str, float]) -> bool:
    """Whether the first correlation is beyond the second, in its own direction, by `LEAST_DIFFERENCE` beyond doubt."""
    low, high = difference_interval(*_ends(first), *_ends(second))
    beyond, doubt = (
        (first["value"] - second["value"], low <= 0)
        if first["value"] > 0
        else (
            second["value"] - first["value"],
            high >= 0,
        )
    )
    return abs(first["value"]) >= LEAST_DIFFERENCE and beyond >= LEAST_DIFFERENCE and not doubt


def _ends(correlation: dict[str, float]) -> tuple[float, float, float]:
    return correlation["value"], correlation["low"], correlation["high"]


def _correlation(scores: Mapping[str, np.ndarray], names: frozenset[str]) -> Correlation:
    if not names <= scores.keys():
        return None
    first, second = (np.asarray(scores[name], np.float64) for name in names)
    known = ~(np.isnan(first) | np.isnan(second))
    if known.sum() < 4 or not first[known].std() or not second[known].std():
        return None
    value = float(np.corrcoef(first[known], second[known])[0, 1])
    low, high = correlation_interval(value, int(known.sum()))
    return {"value": value, "low": low, "high": high}
