"""Second judges: networks that others trained, which know a few of the judge's attributes, often by another name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from pipelines.recipe.load import Recipe
from pipelines.sources.labellers import check_read_nothing, labeller_source
from pipelines.sources.source import Source
from tlgan.errors import UserError


def second_judge_sources(recipe: Recipe) -> tuple[Source, ...]:
    """The second judges of the recipe's edits; refused where one labelled the samples for fits or regressor."""
    names = recipe.evaluate.second_judges
    sources = tuple(labeller_source(recipe, name, "labeller") for name in names)
    for source in sources:
        check_read_nothing(recipe, source, "evaluate.second_judges")
    return sources


class SharedAttribute(NamedTuple):
    """An attribute of the judge that a second judge knows: number of that judge, its column, and 1 or −1.

    The sign is −1 where the second judge's scores run the other way, as years do beside youth.
    """

    name: str
    judge: int
    column: int
    sign: float


def shared_attributes(
    known: Sequence[str], judges: Sequence[Sequence[str]], same_as: Mapping[str, str]
) -> tuple[SharedAttribute, ...]:
    """Find what second judges know of a judge's attributes; where several know one, the first counts.

    Parameters
    ----------
    known : sequence of str
        The judge's attributes.
    judges : sequence of sequences of str
        Names of each second judge's attributes.
    same_as : mapping
        Name of an attribute to the second judges' name of it, with "-" before it where theirs runs the other way.
        An attribute of one name with theirs needs no entry.

    Raises
    ------
    UserError
        For a name that no judge has, or where nothing is shared.

    Examples
    --------
    >>> shared_attributes(["Young"], [["Male", "Age"]], {"Young": "-Age"})
    (SharedAttribute(name='Young', judge=0, column=1, sign=-1.0),)
    """
    theirs = {name for names in judges for name in names}
    for name, other in same_as.items():
        for which, among, whose in (
            (name, known, "the judge"),
            (other.removeprefix("-"), theirs, "a second judge"),
        ):
            if which not in among:
                raise UserError(
                    f"`evaluate.same_as` must pair attributes of the judge with those of second judges. Got "
                    f"{name} = {other!r}, and {which!r} is no attribute of {whose}. Correct the recipe."
                )
    shared = []
    for name in known:
        wanted = same_as.get(name, name)
        sign = -1.0 if name in same_as and wanted.startswith("-") else 1.0
        wanted = wanted.removeprefix("-") if sign < 0 else wanted
        for judge, names in enumerate(judges):
            if wanted in names:
                shared.append(SharedAttribute(name, judge, list(names).index(wanted), sign))
                break
    if not shared:
        raise UserError(
            "`evaluate.second_judges` must know an attribute of the judge. Got networks for "
            f"{', '.join(sorted(theirs))}; pair names in `evaluate.same_as`."
        )
    return tuple(shared)


def shared_scores(scores: Sequence[np.ndarray], shared: Sequence[SharedAttribute]) -> np.ndarray:
    """Scores of the shared attributes, float32 (n, n_shared), from those of each second judge, (n, K) each."""
    columns = [one.sign * scores[one.judge][:, one.column] for one in shared]
    return np.stack(columns, axis=1).astype(np.float32)
