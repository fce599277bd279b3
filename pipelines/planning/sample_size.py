"""How many samples the axes need: sampling until a bound on their errors, and planning from a pilot."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pipelines.artifacts.fits_file import read_fits
from pipelines.planning.plan import Plan, make_plan
from pipelines.planning.run import run
from pipelines.planning.sample_count import PILOT, note_count, with_count
from pipelines.recipe.load import Recipe
from pipelines.workflow.progress import say
from tlgan.errors import UserError

BLOCK = 1_000  # samples: counts are multiples of it


@dataclass(frozen=True)
class SamplesNeeded:
    """Samples that one attribute needs for a bound on the error of its axis.

    Attributes
    ----------
    attribute : str
    pilot_error : float
        Angular error of the pilot's axis, degrees.
    count : float
        Samples needed; infinite where no number would do.
    """

    attribute: str
    pilot_error: float
    count: float


def sample_until_bound(recipe: Recipe) -> Plan:
    """Sample, label and fit in growing blocks until the median angular error meets `sample.until`.

    Returns
    -------
    Plan
        With the number of samples found, at most `sample.count`.

    Raises
    ------
    UserError
        Where `sample.until_attributes` names an attribute that is not fitted.
    """
    bound = float(recipe.sample.until.split()[0])
    count = min(PILOT, recipe.sample.count)
    while True:
        plan = make_plan(with_count(recipe, count))
        run(plan.recipe, plan.until("fit"))
        error = float(np.median(_angular_errors(plan, recipe.sample.until_attributes)))
        say(f"  {count} samples: median angular error {error:.2f}°, wanted {bound:g}°")
        if error <= bound or count >= recipe.sample.count:
            break
        # The error falls as one over the root; at most double, since a small pilot may mislead.
        wanted = min(2 * count, count * (error / bound) ** 2)
        count = min(recipe.sample.count, max(count + BLOCK, math.ceil(wanted / BLOCK) * BLOCK))
    if error > bound:
        say(f"  stopped at `sample.count` ({count}) before the bound; raise it to go on")
    note_count(recipe, plan.sample, count)
    return plan


def samples_needed(recipe: Recipe, degrees: float) -> list[SamplesNeeded]:
    """Samples that each attribute needs for an angular error below `degrees`, fewest first.

    A pilot is sampled, labelled and fitted first where it is not there yet.
    """
    from tlgan.regression.stability import samples_for_bound

    plan = make_plan(with_count(recipe, min(PILOT, recipe.sample.count)))
    run(plan.recipe, plan.until("fit"))
    found = []
    for step in plan.fits:
        fits = read_fits(step.output).fits
        counts = samples_for_bound(fits, degrees, held_out=recipe.fit.held_out)
        columns = zip(fits.names, fits.angular_errors.tolist(), counts.tolist(), strict=True)
        found += [SamplesNeeded(*row) for row in columns]
    return sorted(found, key=lambda needed: needed.count)


def _angular_errors(plan: Plan, attributes: tuple[str, ...]) -> list[float]:
    """Angular errors of the attributes named, in degrees; of all where none is."""
    errors: dict[str, float] = {}
    for step in plan.fits:
        fits = read_fits(step.output).fits
        errors |= dict(zip(fits.names, fits.angular_errors.tolist(), strict=True))
    for name in attributes:
        if name not in errors:
            raise UserError(
                f"`sample.until_attributes` must name fitted attributes. Got {name!r}. Correct the recipe."
            )
    return [errors[name] for name in attributes or errors]
