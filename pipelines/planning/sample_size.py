"""How many samples are enough: sampling until a bound on the axes' errors, and planning from a pilot."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from pipelines.artifacts.fits_file import read_fits
from pipelines.planning.plan import plan
from pipelines.planning.run import run
from pipelines.recipe.load import Recipe
from pipelines.workflow.ledger import Ledger
from pipelines.workflow.progress import say
from pipelines.workflow.step import find
from tlgan.errors import UserError

PILOT = 2_000
BLOCK = 1_000
SETTLED = "sample until"  # the ledger's entry of the count that was enough


def settled(recipe: Recipe) -> Recipe:
    """The recipe with the number of samples that was enough last time; the pilot's where that is unknown."""
    if not recipe.sample.until:
        return recipe
    entry = Ledger(recipe.name).entries.get(SETTLED, {})
    known = entry.get("question") == _question(recipe, find(plan(recipe, "sample"), "sample").fingerprint)
    return with_count(recipe, entry["count"] if known else min(PILOT, recipe.sample.count))


def with_count(recipe: Recipe, count: int) -> Recipe:
    """The recipe with a fixed number of samples."""
    return msgspec.structs.replace(
        recipe, sample=msgspec.structs.replace(recipe.sample, count=count, until="")
    )


def sample_until_enough(recipe: Recipe) -> Recipe:
    """Sample, label and fit in growing blocks until the median angular error meets `sample.until`.

    Returns the recipe with the number of samples found, at most `sample.count`.
    """
    bound = float(recipe.sample.until.split()[0])
    count = min(PILOT, recipe.sample.count)
    while True:
        attempt = with_count(recipe, count)
        run(attempt, plan(attempt, until="fit"))
        error = float(np.median(_errors(attempt, recipe.sample.until_attributes)))
        say(f"  {count} samples: median angular error {error:.2f}°, wanted {bound:g}°")
        if error <= bound or count >= recipe.sample.count:
            break
        # The error falls as one over the root; at most double, since a small pilot may mislead.
        wanted = min(2 * count, count * (error / bound) ** 2)
        count = min(recipe.sample.count, max(count + BLOCK, math.ceil(wanted / BLOCK) * BLOCK))
    if error > bound:
        say(f"  stopped at `sample.count` ({count}) before the bound; raise it to go on")
    fingerprint = find(plan(attempt, "sample"), "sample").fingerprint
    Ledger(recipe.name).note(SETTLED, {"question": _question(recipe, fingerprint), "count": count})
    return attempt


def samples_needed(recipe: Recipe, degrees: float) -> list[tuple[str, float, float]]:
    """For each attribute: name, angular error of a pilot in degrees, samples needed for the bound."""
    from tlgan.regression.stability import samples_for_bound

    pilot = with_count(recipe, min(PILOT, recipe.sample.count))
    run(pilot, plan(pilot, until="fit"))
    rows = []
    for step in plan(pilot, until="fit"):
        if step.stage == "fit":
            fits, _ = read_fits(step.output)
            needed = samples_for_bound(fits, degrees, held_out=recipe.fit.held_out)
            rows += zip(fits.names, fits.angular_errors.tolist(), needed.tolist(), strict=True)
    return sorted(rows, key=lambda row: row[2])


def _errors(recipe: Recipe, attributes: tuple[str, ...]) -> list[float]:
    errors: dict[str, float] = {}
    for step in plan(recipe, until="fit"):
        if step.stage == "fit":
            fits, _ = read_fits(step.output)
            errors |= dict(zip(fits.names, fits.angular_errors.tolist(), strict=True))
    for name in attributes:
        if name not in errors:
            raise UserError(
                f"`sample.until_attributes` must name fitted attributes. Got {name!r}. Mend the recipe."
            )
    return [errors[name] for name in attributes or errors]


def _question(recipe: Recipe, fingerprint: str) -> list:
    """What the settled count is the answer to; other samples, bounds or fits ask anew."""
    fit = [getattr(recipe.fit, field) for field in recipe.fit.__struct_fields__]
    sample = recipe.sample
    return [
        fingerprint,
        sample.until,
        list(sample.until_attributes),
        sample.count,
        list(recipe.label.labellers),
        fit,
    ]
