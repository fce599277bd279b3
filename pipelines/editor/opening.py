"""A run opened for one face at a time."""

from __future__ import annotations

from pipelines.opened_run import OpenedRun, open_run
from pipelines.portraits import Oracle
from pipelines.recipe import Recipe


def open_for_editing(recipe: Recipe) -> OpenedRun:
    """Open the run of a recipe, its networks to take single faces.

    Otherwise every call is filled up to dozens of rows, and a slider waits for them.

    Raises
    ------
    UserError
        As `pipelines.opened_run.open_run`.
    """
    run = open_run(recipe)
    networks = [labeller for labeller in run.labellers if not isinstance(labeller, Oracle)]
    for network in (run.generator, *networks):
        network.batching.keep(1)
    return run
