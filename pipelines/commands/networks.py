"""Commands on networks' files: convert, face-api and inspect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from models.loaders.describe import FileFacts


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("destination", type=click.Path(path_type=Path))
@click.option(
    "--latent-space", type=click.Choice(["sphere", "normal", "uniform"]), help="Prior, where unknown."
)
def convert(source: Path, destination: Path, latent_space: str | None) -> None:
    """Turn a foreign checkpoint into a generator (and discriminator): DESTINATION is a folder and a name.

    Takes published PG-GAN pickles, PyTorch PG-GAN checkpoints, ONNX and Keras files; runs nothing in them.

    Example: python -m pipelines convert karras2018iclr-celebahq-1024x1024.pkl artifacts/weights/celebahq1024
    """
    from pipelines.execution.keras_import import import_quietly

    import_quietly()
    from models.loaders.convert import convert as convert_file
    from pipelines.workflow.progress import say

    report = convert_file(source, destination, latent_space=latent_space)
    _print_facts(report.facts)
    for note in report.notes:
        say(f"  {note}")
    for path in report.written:
        say(f"Wrote {path}")


@click.command("face-api")
@click.argument("package", type=click.Path(path_type=Path))
def face_api(package: Path) -> None:
    """Write the networks of the npm package @vladmandic/face-api 1.7.15 to artifacts/weights; PACKAGE is its file.

    Example: python -m pipelines face-api vladmandic-face-api-1.7.15.tgz
    """
    from pipelines.execution.keras_import import import_quietly

    import_quietly()
    from models.importers.face_api import convert_package
    from models.weights.locate import weights_folder
    from pipelines.workflow.progress import say

    for path in convert_package(package, weights_folder()):
        say(f"Wrote {path}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--sheet", type=click.Path(path_type=Path), help="Write a contact sheet of 16 samples here (PNG)."
)
def inspect(file: Path, sheet: Path | None) -> None:
    """Tell what a network's file is: kind, resolution, latent size, parameters, hash.

    Example: python -m pipelines inspect models/pretrained/celeba64.generator.h5 --sheet faces.png
    """
    from pipelines.execution.keras_import import import_quietly

    import_quietly()
    from models.loaders.describe import inspect as inspect_file
    from models.loaders.describe import sample_images
    from pipelines.images.picture_files import contact_sheet, save_png
    from pipelines.workflow.progress import say

    _print_facts(inspect_file(file))
    if sheet is not None:
        save_png(contact_sheet(sample_images(file), columns=8), sheet)
        say(f"Wrote {sheet}")


def _print_facts(facts: FileFacts) -> None:
    from rich.table import Table

    from pipelines.workflow.progress import console

    table = Table(show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    rows = {
        "file": facts.path,
        "kind": facts.description,
        "role": facts.role,
        "resolution": f"{facts.resolution}×{facts.resolution}",
        "latents": f"{facts.latent_dim}, {facts.latent_space or 'prior not declared'}"
        if facts.latent_dim
        else "",
        "parameters": f"{facts.parameters:,}" if facts.parameters else "",
        "attributes": ", ".join(facts.attributes),
        "SHA-256": facts.sha256,
        "notes": "; ".join(facts.notes),
    }
    for name, value in rows.items():
        if str(value):
            table.add_row(name, str(value))
    console.print(table)
