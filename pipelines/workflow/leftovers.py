"""What killed processes left behind: locks, and files that were not whole yet."""

from __future__ import annotations

from pathlib import Path

from models.weights.locate import weights_folder
from pipelines.workflow.lock import remove_dead_locks
from pipelines.workflow.paths import run_folder
from tlgan.storage.atomic_files import put_back_folders, remove_dead_partials
from tlgan.storage.home import home


def remove_leftovers(recipe_name: str) -> None:
    """Remove what killed processes left in the cache and in the folder of a recipe.

    Rows that are done stay, in `<name>.partial`: the next run goes on there.
    """
    for folder in _folders(recipe_name):
        remove_dead_partials(folder)
        remove_dead_locks(folder)
    run = run_folder(recipe_name)
    if not any(run.glob("*.lock")):
        put_back_folders(run)


def _folders(recipe_name: str) -> list[Path]:
    run = run_folder(recipe_name)
    inside = [path for path in run.glob("*") if path.is_dir() and not path.name.endswith(".partial")]
    return [home() / "artifacts", weights_folder(), run, *inside]
