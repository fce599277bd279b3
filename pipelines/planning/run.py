"""Running the steps of a recipe that are not fresh."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable

from rich.text import Text

from pipelines.execution.keras_import import import_quietly, say_device
from pipelines.planning.run_owner import check_run_owner, note_run_owner
from pipelines.recipe.load import Recipe
from pipelines.workflow.freshness import DAMAGED, FRESH, check_freshness
from pipelines.workflow.ledger import Ledger
from pipelines.workflow.leftovers import remove_leftovers
from pipelines.workflow.progress import say
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.storage.atomic_files import is_disk_full


def run(recipe: Recipe, steps: Iterable[Step]) -> int:
    """Run the steps that are not fresh; returns how many ran.

    A step whose work returns False (a training told to stop) is not recorded, so that it goes on next time.

    Parameters
    ----------
    recipe : Recipe
    steps : iterable of Step
        A `Plan`, or a part of one.

    Raises
    ------
    UserError
        Where the run's folder holds that of another recipe or generator, or a step cannot go on, as its own or for
        the file system; the steps before it stay finished.
    """
    steps = tuple(steps)
    draws = any(step.stage == "sample" for step in steps)  # a training may make the generator first
    owner = check_run_owner(recipe) if draws else None
    remove_leftovers(recipe.name)
    ledger = Ledger(recipe.name)
    ran = 0
    for step in steps:
        freshness = check_freshness(step, ledger)
        if freshness.name == FRESH:
            with contextlib.suppress(OSError, UserError):  # nothing is lost where it cannot be noted
                new = ledger.record_found(step)
                if owner:
                    note_run_owner(ledger, owner, only_if_here=not new)
            say(Text.assemble(("✓", "green"), f" {step.title}: fresh"))
            continue
        say(Text.assemble((f"▸ {step.title}", "bold"), f": {freshness}"))
        if freshness.name == DAMAGED:
            raise UserError(freshness.reasons[0])
        began = time.monotonic()
        if step.uses_networks:
            import_quietly()
            if recipe.engine != "ray":  # its workers have devices of their own
                say_device()
        try:
            finished = step.work(step) is not False
            seconds = time.monotonic() - began
            if finished:
                if owner:  # first: what is recorded after a kill tells nothing of who wrote it
                    note_run_owner(ledger, owner)
                ledger.record(step, seconds)
        except (OSError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and not is_disk_full(error):
                raise
            raise UserError(_file_error(step, error)) from error
        done = "done in" if finished else "stopped after"
        say(Text.assemble(("✓", "green"), f" {step.title}: {done} {seconds:.1f} s"))
        ran += 1
    return ran


def _file_error(step: Step, error: OSError | RuntimeError) -> str:
    """One line that says what the file system refused, and what to do."""
    again = "run the same command again; what is finished stays"
    if isinstance(error, RuntimeError) or is_disk_full(error):  # HDF5 reports a full disk as a RuntimeError
        return f"{step.output}: no space left for {step.title}. Free some, then {again}."
    reason = error.strerror or " ".join(str(error).split())
    return f"{error.filename or step.output}: {step.title} got {reason!r}. Correct that, then {again}."
