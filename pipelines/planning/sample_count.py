"""The number of samples of a recipe that gives a bound instead: found once, then noted in the ledger."""

from __future__ import annotations

from typing import Any

import msgspec

from pipelines.recipe.load import Recipe
from pipelines.recipe.sections import as_mapping
from pipelines.workflow.ledger import Ledger
from pipelines.workflow.step import Step

PILOT = 2_000  # samples with which the search begins
ENTRY = "sample until"  # of the count in the ledger


def with_count(recipe: Recipe, count: int) -> Recipe:
    """Return the recipe with a fixed number of samples."""
    return msgspec.structs.replace(
        recipe, sample=msgspec.structs.replace(recipe.sample, count=count, until="")
    )


def with_known_count(recipe: Recipe, sample: Step) -> Recipe:
    """Return the recipe with the number of samples that met its bound last time.

    Where that is not known, or was found for other settings, with the number of the pilot.

    Parameters
    ----------
    recipe : Recipe
        With a bound, `sample.until`.
    sample : Step
        The recipe's step `sample`.
    """
    entry = Ledger(recipe.name).entries.get(ENTRY, {})
    known = entry.get("question") == _settings(recipe, sample)
    return with_count(recipe, entry["count"] if known else min(PILOT, recipe.sample.count))


def note_count(recipe: Recipe, sample: Step, count: int) -> None:
    """Note in the ledger the number of samples that met the recipe's bound."""
    Ledger(recipe.name).note(ENTRY, {"question": _settings(recipe, sample), "count": count})


def _settings(recipe: Recipe, sample: Step) -> list[Any]:
    """All that the count depends on; where any of it changes, the count is searched for again."""
    return [
        sample.fingerprint,
        recipe.sample.until,
        list(recipe.sample.until_attributes),
        recipe.sample.count,
        list(recipe.label.labellers),
        list(as_mapping(recipe.fit).values()),
    ]
