"""A run opened for one face at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.backend import import_quietly
from pipelines.opened_run import OpenedRun, open_run
from pipelines.recipe import Recipe


def open_for_editing(recipe: Recipe) -> OpenedRun:
    """Open the run of a recipe, its networks compiled for single faces.

    Raises
    ------
    UserError
        As `pipelines.opened_run.open_run`.
    """
    import_quietly()
    with _one_face_at_a_time():
        return open_run(recipe)


@contextmanager
def _one_face_at_a_time() -> Iterator[None]:
    """Networks loaded here take one row at a time.

    The stages' networks fill every call up to 64 or 128 rows; a slider would wait for them. The doors have
    no argument for it.
    """
    import models.generator
    import models.labeller

    kept = models.generator.batch_size, models.labeller.BATCH
    models.generator.batch_size, models.labeller.BATCH = (lambda floats_per_row: 1), 1
    try:
        yield
    finally:
        models.generator.batch_size, models.labeller.BATCH = kept
