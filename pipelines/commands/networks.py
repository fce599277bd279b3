"""Commands on networks: convert and inspect their files, read a photograph with one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tlgan.errors import UserError

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


@click.command()
@click.argument("picture", type=click.Path(path_type=Path))
@click.option("--labeller", "name", default="celeba64", show_default=True, help="Name or file of a labeller.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all digits.")
def read(picture: Path, name: str, as_json: bool) -> None:
    """Print what a labeller reads off a photograph: probabilities of attributes, values of others.

    It reads the largest centred square: cut the photograph so that the face fills it as in the labeller's
    training pictures.

    Example: python -m pipelines read photo.jpg --labeller celeba64
    """
    from pipelines.execution.keras_import import import_quietly
    from pipelines.images.photograph import open_photograph

    photograph = open_photograph(picture)
    import_quietly()
    from models.loaders.labeller import load_labeller
    from pipelines.editing.score_table import reading_records, reading_table
    from pipelines.workflow.progress import print_table, say
    from tlgan.cli.terminal import print_json

    labeller = load_labeller(name)
    side, wanted = len(photograph.pixels), labeller.resolution
    if side < wanted:
        raise UserError(f"{picture}: must have {wanted} pixels per side for {labeller.name}. Got {side}.")
    scores = labeller.score_rows(photograph.pixels[None])[0]
    records = reading_records(labeller.names, labeller.kinds, labeller.units, scores)
    if as_json:
        read_as = {"labeller": labeller.name, "framing": photograph.framing, "attributes": records}
        print_json({"picture": str(picture)} | read_as)
        return
    width, height = photograph.size
    print_table(reading_table(records, title=f"{picture.name}, read by {labeller.name}"))
    say(f"Read was {photograph.framing} of {width}×{height} pixels. Guesses of a network, with its biases.")


def _print_facts(facts: FileFacts) -> None:
    from rich.table import Table

    from pipelines.workflow.progress import print_table

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
    print_table(table)
