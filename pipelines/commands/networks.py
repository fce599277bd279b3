"""Commands on networks: convert, face-api and inspect their files, and measure a generator."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.generators.file_options import unknown_options
from pipelines.commands.recipe_argument import with_recipe
from pipelines.recipe.load import Recipe

if TYPE_CHECKING:
    from models.importers.sidecar import Colours
    from models.loaders.describe import FileFacts


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("destination", type=click.Path(path_type=Path))
@unknown_options
def convert(
    source: Path,
    destination: Path,
    prior: str | None,
    value_range: tuple[float, float] | None,
    colours: Colours | None,
) -> None:
    """Turn a foreign checkpoint into a generator (and discriminator): DESTINATION is a folder and a name.

    Takes published PG-GAN pickles, PyTorch PG-GAN checkpoints, ONNX and Keras files; runs nothing in them. The
    options say what no ONNX or Keras file tells.

    Example: python -m pipelines convert karras2018iclr-celebahq-1024x1024.pkl artifacts/weights/celebahq1024
    """
    from pipelines.execution.keras_import import import_quietly

    import_quietly()
    source, destination = source.expanduser(), destination.expanduser()
    from models.loaders.convert import convert as convert_file
    from pipelines.workflow.progress import say

    report = convert_file(source, destination, latent_space=prior, value_range=value_range, colours=colours)
    print_facts(report.facts)
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

    file = file.expanduser()
    print_facts(inspect_file(file))
    if sheet is not None:
        save_png(contact_sheet(sample_images(file), columns=8), sheet)
        say(f"Wrote {sheet}")


@click.command("measure-generator")
@click.option(
    "--count",
    default=2000,
    show_default=True,
    type=click.IntRange(min=4),
    help="Test photographs, and faces to draw, at most.",
)
@click.option(
    "--search",
    default=2000,
    show_default=True,
    type=click.IntRange(min=0),
    help="Training photographs to look for copies in, at least as many as test photographs; 0: all.",
)
@with_recipe
def measure_generator(recipe: Recipe, count: int, search: int) -> None:
    """Measure the recipe's generator beside photographs of people that no training saw.

    Prints distances, precision and recall, variety, the share in which a face is found and the shares of
    attributes, and writes them with the nearest training photographs to runs/<recipe>/measured/.

    Example: TLGAN_CELEBA=~/celeba python -m pipelines measure-generator celeba64 -s sample.generator=mine
    """
    from pipelines.evaluation import console, generator_measure
    from pipelines.execution.keras_import import import_quietly
    from pipelines.planning.plan import plan_networks, plan_own_networks
    from pipelines.planning.run import run
    from pipelines.sources.generators import generator_source
    from pipelines.workflow.paths import run_folder
    from pipelines.workflow.progress import console as terminal
    from pipelines.workflow.progress import say

    source = generator_source(recipe)
    (prepare,) = plan_networks(recipe, ())
    run(recipe, [prepare])
    import_quietly()
    from models.training.gan.figures import some_rows
    from models.training.trainer import TEST, TRAIN
    from pipelines.stages.train import read_training_images

    images = read_training_images(prepare.output, recipe.data.mirror)
    photographs, training = (
        images.images[some_rows(images.rows(part), most)]
        for part, most in ((TEST, count), (TRAIN, max(search, count) if search else len(images.split)))
    )
    networks, notes = generator_measure.open_networks(recipe, plan_own_networks(recipe))
    for note in notes:
        say(f"  {note}")
    measure = generator_measure.measure_generator(source.open(), photographs, training, networks)
    terminal.print(console.generator_table(measure))
    if measure.shares is not None:
        terminal.print(console.shares_table(measure.shares))
    for path in generator_measure.write_measure(measure, run_folder(recipe.name) / "measured" / source.name):
        say(f"Wrote {path}")


def print_facts(facts: FileFacts) -> None:
    """Print what a network's file is."""
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
