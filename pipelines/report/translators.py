"""Strips of the translators that a recipe trains: faces, redrawn, and changed to every level of their attributes."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from models.weights.card import read_card
from pipelines.recipe.load import Recipe
from pipelines.report.evaluation_figures import Figure
from pipelines.sources.photographs import Photograph, align_face
from pipelines.sources.source import Source
from pipelines.sources.synthetic import KNOWN_AXES
from pipelines.sources.translators import recipe_translators
from pipelines.stages.prepare import plan_prepare
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.storage.row_files import map_rows, read_attributes

if TYPE_CHECKING:
    from models.loaders.translator import LoadedTranslator
    from models.networks.translators.conditions import Condition

SHOWN = 4  # faces in a strip


def shown_faces(recipe: Recipe) -> Step | None:
    """The step that prepares the faces which strips of translators show; None where they show sampled pictures.

    Portraits are drawn for it. Photographs are shown where a training on this machine has prepared them.
    """
    if not any(recipe_translators(recipe).values()):
        return None
    with contextlib.suppress(UserError):  # the photographs are not on this machine
        prepare = plan_prepare(recipe)
        if recipe.data.kind == KNOWN_AXES or prepare.output.is_file():
            return prepare
    return None


def translator_inputs(recipe: Recipe, faces: Step | None) -> dict[str, str]:
    """What the strips of the recipe's translators are drawn from, for the fingerprint of the report."""
    found = recipe_translators(recipe)
    inputs = {f"translator {name}": source.fingerprint for name, source in found.items() if source}
    return inputs | ({"faces": faces.fingerprint} if faces else {})


def translator_figures(
    recipe: Recipe, faces: Step | None, sampled: np.ndarray
) -> tuple[dict[str, Figure], list[dict[str, Any]]]:
    """Strips of the trained translators of a recipe, and what the page says of each.

    Parameters
    ----------
    recipe : Recipe
    faces : Step or None
        What prepares the faces to show; see `shown_faces`.
    sampled : uint8 array, shape (n, R, R, 3)
        Pictures of the sample, to be shown where no faces are prepared.

    Returns
    -------
    figures by name, and for each translator, trained or not: `name`, `weights`, `figure` (name of its strip, "" for
    one that is not trained), `prepared` (whether the faces are of the data set), `error` and `seen` (figures of its
    card, None where unknown)
    """
    figures: dict[str, Figure] = {}
    told: list[dict[str, Any]] = []
    for name, source in recipe_translators(recipe).items():
        figure = f"translator-{name}" if source else ""
        if source:
            figures[figure] = _strip(source.open(), faces, sampled)
        facts = {"name": name, "weights": recipe.networks[name].weights or name, "figure": figure}
        told.append(facts | {"prepared": faces is not None} | _card_figures(source))
    return figures, told


def _card_figures(source: Source | None) -> dict[str, float | None]:
    """What a translator's card says of faces that no training saw: the error, and the share of changes seen."""
    metrics = read_card(source.weights) if source and source.weights else {}
    distances = metrics.get("distances")
    distances = distances if isinstance(distances, Mapping) else {}
    missed = distances.get("missed_changes")
    return {"error": distances.get("error"), "seen": None if missed is None else 1 - missed}


def _strip(translator: LoadedTranslator, prepare: Step | None, sampled: np.ndarray) -> Figure:
    """A row for each face: as it is, redrawn, and at every level of every attribute."""
    from models.networks.translators.conditions import level_variations
    from pipelines.report.plots import captioned_sheet

    pictures, labels, rows = sampled[:SHOWN], None, np.arange(len(sampled))[:SHOWN]
    if prepare is not None:
        pictures, labels, rows = _test_faces(prepare, translator.conditions)
    # Square pictures in the size that the translator takes.
    faces = np.stack([align_face(Photograph(one), 1, translator.resolution).crop for one in pictures])
    own = translator.nearest_condition(faces) if labels is None else labels
    columns = {"face": faces, "redrawn": translator(faces, own)}
    for name, level, condition in level_variations(translator.conditions, own):
        columns[f"{name.replace('_', ' ')} {level:.2g}"] = translator(faces, condition)
    names = [condition.name for condition in translator.conditions]
    picture = captioned_sheet(list(columns.values()), list(columns))
    values = [[row, *of_row] for row, of_row in zip(rows.tolist(), own.tolist(), strict=True)]
    return Figure(picture, ("row", *names), values)


def _test_faces(
    prepare: Step, conditions: Sequence[Condition]
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """Faces that no training saw, of each level of the first attribute in turn; their labels, if known; their rows."""
    from models.training.trainer import TEST

    names = list(read_attributes(prepare.output)["names"])
    rows = np.flatnonzero(np.asarray(map_rows(prepare.output, "split")) == TEST)
    images, labels = map_rows(prepare.output, "images"), np.asarray(map_rows(prepare.output, "labels"))
    if not {condition.name for condition in conditions} <= set(names):
        return images[rows[:SHOWN]], None, rows[:SHOWN]
    labels = labels[:, [names.index(condition.name) for condition in conditions]]
    rows = rows[np.isfinite(labels[rows]).all(axis=1)]
    nearest = np.abs(labels[rows, :1] - np.array(conditions[0].levels)).argmin(axis=1)
    of_level = [rows[nearest == level] for level in range(len(conditions[0].levels))]
    in_turn = [same[turn] for turn in range(SHOWN) for same in of_level if turn < len(same)]
    rows = np.array(in_turn[:SHOWN], np.intp)
    return images[rows], labels[rows].astype(np.float64), rows
