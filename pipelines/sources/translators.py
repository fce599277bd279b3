"""Translators, networks that change pictures: those that a recipe trains, and all that are there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from models.weights.locate import find_weights, names_of
from pipelines.recipe.load import Recipe
from pipelines.sources.source import Source
from pipelines.workflow.file_hash import weights_hash
from tlgan.errors import UserError

if TYPE_CHECKING:
    from models.loaders.translator import LoadedTranslator

ROLE = "translator"


def recipe_translators(recipe: Recipe) -> dict[str, Source | None]:
    """The translators among the networks of a recipe, by their names there; None for one that is not trained."""
    found: dict[str, Source | None] = {}
    for name, options in recipe.networks.items():
        if ROLE in options.roles:
            try:
                found[name] = translator_source(options.weights or name)
            except UserError:
                found[name] = None
    return found


def offered_translators(recipe: Recipe) -> list[str]:
    """Names of all translators that are there, the recipe's own first."""
    own = [options.weights or name for name, options in recipe.networks.items() if ROLE in options.roles]
    there = names_of(ROLE)
    return [name for name in own if name in there] + [name for name in there if name not in own]


def translator_source(name: str) -> Source:
    """A translator by its file or the name of a trained network.

    Raises
    ------
    UserError
        Where there is none.
    """
    weights = find_weights(name, ROLE)
    return Source(weights.name.removesuffix(".h5"), weights_hash(weights), _load, weights)


def _load(weights: Path) -> LoadedTranslator:
    from models.loaders.translator import load_translator

    return load_translator(weights)
