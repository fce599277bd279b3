"""Stage `export`: the axis file in the formats of other tools, in `runs/<recipe>/axes/`."""

from __future__ import annotations

from pathlib import Path

from pipelines.recipe.load import Recipe
from pipelines.workflow.lock import one_writer
from pipelines.workflow.manifest import folder_entry, write_manifest
from pipelines.workflow.paths import run_folder
from pipelines.workflow.progress import say
from pipelines.workflow.step import Step
from tlgan.storage.atomic_files import replacing_folder

FILE_NAMES = {
    "tlgan": "{}.axes.h5",
    "interfacegan": "interfacegan",
    "tlgan-pickle": "{}.pkl",
    "npz": "{}.npz",
    "safetensors": "{}.safetensors",
    "csv": "{}.csv",
    "json": "{}.json",
}


def plan_export(recipe: Recipe, orthogonalize: Step) -> Step:
    """Plan the step that writes every format the recipe asks for."""
    folder = run_folder(recipe.name) / "axes"
    return Step(
        stage="export",
        title="export",
        version=1,
        parameters={"formats": list(recipe.export.formats)},
        inputs={"orthogonalize": orthogonalize.fingerprint},
        place=lambda fingerprint: folder,
        stored_entry=folder_entry,
        work=one_writer(lambda step: _export(recipe, orthogonalize.output, step)),
    )


def _export(recipe: Recipe, axis_file: Path, step: Step) -> None:
    """Write every format into a new folder, which then takes the place of the old one."""
    from tlgan.formats.axis_file import read_axes
    from tlgan.formats.import_export import export_axes

    axes = read_axes(axis_file)
    with replacing_folder(step.output) as partial:
        for form in recipe.export.formats:
            destination = partial / FILE_NAMES[form].format(recipe.name)
            if form == "interfacegan":
                destination.mkdir()
            for note in export_axes(axes, destination, form):
                say(f"  {destination.name}: {note}")
        write_manifest(partial, step)
