"""The batch pipeline's commands: `python -m pipelines COMMAND [RECIPE]`, one for each make target."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.recipe import Recipe, load_recipe
from tlgan.version import __version__

DEFAULT_RECIPE = "celeba64"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tlgan")
def main() -> None:
    """Labelled knobs for an image generator, stage by stage; finished work is never done twice.

    Example: python -m pipelines run celeba64 -s sample.count=5000
    """


def with_recipe(command):
    """Give a command the argument RECIPE and the option -s; it receives the checked recipe."""

    @click.argument("recipe", default=DEFAULT_RECIPE)
    @click.option(
        "-s",
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="Override a key, e.g. sample.count=5000.",
    )
    @click.pass_context
    def wrapped(context, recipe, overrides, **options):
        return context.invoke(command, recipe=load_recipe(recipe, overrides), **options)

    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    wrapped.__click_params__ = getattr(command, "__click_params__", []) + wrapped.__click_params__
    return wrapped


def _run_until(stage: str, recipe: Recipe) -> int:
    from pipelines.enough import sample_until_enough
    from pipelines.plan import plan, run

    if recipe.sample.until:
        recipe = sample_until_enough(recipe)
    return run(recipe, plan(recipe, until=stage))


def _stage_command(stage: str, text: str) -> None:
    @main.command(stage, help=f"{text}\n\nExample: python -m pipelines {stage} celeba64")
    @with_recipe
    def command(recipe):
        _run_until(stage, recipe)


_stage_command("sample", "Draw latents and images from the generator.")
_stage_command("label", "Read the attributes of every sampled image.")
_stage_command("fit", "Regress every attribute on the latents: the raw axes.")
_stage_command("orthogonalize", "Make the axes orthogonal to the recipe's base; write the axis file.")
_stage_command("export", "Write the axes in the formats of other tools.")


@main.command()
@with_recipe
def evaluate(recipe):
    """Edit fresh latents along every axis and let the recipe's judge say what changed.

    Example: python -m pipelines evaluate celeba64 -s evaluate.count=1000
    """
    from pipelines.enough import settled
    from pipelines.evaluation_words import print_evaluation
    from pipelines.plan import plan
    from pipelines.steps import find

    _run_until("evaluate", recipe)
    print_evaluation(find(plan(settled(recipe), until="evaluate"), "evaluate").output)


@main.command()
@with_recipe
def report(recipe):
    """Write the self-contained report.html of a run.

    Example: python -m pipelines report celeba64
    """
    _run_until("report", recipe)
    _print_report(recipe)


@main.command()
@with_recipe
def run(recipe):
    """Do everything from sample to report; skip what is fresh.

    Example: python -m pipelines run celeba64
    """
    from pipelines.progress import console

    if not _run_until("report", recipe):
        console.print("Nothing to do: every stage is fresh.")
    _print_report(recipe)


def _print_report(recipe: Recipe) -> None:
    from pipelines.progress import console
    from pipelines.report import report_path

    console.print(f"Report: {report_path(recipe).resolve()}", soft_wrap=True)


@main.command()
@with_recipe
def status(recipe):
    """Show what is fresh, missing, partial or stale, and why.

    Example: python -m pipelines status celeba64
    """
    from rich.table import Table

    from pipelines.enough import settled
    from pipelines.plan import plan
    from pipelines.progress import console
    from pipelines.steps import Ledger, state_of

    recipe = settled(recipe)
    ledger = Ledger(recipe.name)
    table = Table(
        "stage", "state", "why", "took", "file", title=f"recipe {recipe.name}", title_justify="left"
    )
    for step in plan(recipe):
        state = state_of(step, ledger)
        seconds = ledger.entries.get(step.title, {}).get("seconds")
        took = f"{seconds:.0f} s" if seconds is not None else ""
        table.add_row(step.title, state.name, "; ".join(state.reasons), took, str(step.output))
    console.print(table)


@main.command("plan")
@click.option(
    "--degrees", default=3.0, show_default=True, type=click.FloatRange(0, 90, min_open=True, max_open=True)
)
@with_recipe
def plan_command(recipe, degrees):
    """Say from a pilot of 2,000 samples how many an angular error below DEGREES will need.

    Example: python -m pipelines plan celeba64 --degrees 2
    """
    from rich.table import Table

    from pipelines.enough import samples_needed
    from pipelines.progress import console

    table = Table("attribute", "error of the pilot", f"samples for {degrees:g}°")
    for name, error, needed in samples_needed(recipe, degrees):
        table.add_row(name, f"{error:.1f}°", f"{needed:,.0f}")
    console.print(table)


def _train(recipe: Recipe, stage: str, minutes: float | None = None) -> None:
    from pipelines.plan import plan_training, run

    run(recipe, plan_training(recipe, stage, minutes))


@main.command()
@with_recipe
def prepare(recipe):
    """Crop, shrink and split the recipe's photographs.

    Example: TLGAN_CELEBA=~/celeba python -m pipelines prepare celeba64
    """
    _train(recipe, "prepare")


@main.command()
@click.option(
    "--minutes", type=click.FloatRange(min=0, min_open=True), help="Stop after so long; resume later."
)
@with_recipe
def gan(recipe, minutes):
    """Train the progressive GAN on prepared faces; interrupted, it resumes where it was.

    Example: TLGAN_CELEBA=~/celeba python -m pipelines gan celeba64 --minutes 60
    """
    _train(recipe, "gan", minutes)


@main.command()
@with_recipe
def classifier(recipe):
    """Train the labeller and the judge; score both on held-out identities.

    Example: TLGAN_CELEBA=~/celeba python -m pipelines classifier celeba64
    """
    _train(recipe, "classifier")


@main.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("destination", type=click.Path(path_type=Path))
@click.option(
    "--latent-space", type=click.Choice(["sphere", "normal", "uniform"]), help="Prior, where unknown."
)
def convert(source, destination, latent_space):
    """Turn a foreign checkpoint into a generator (and discriminator): DESTINATION is a folder and a name.

    Takes published PG-GAN pickles, PyTorch PG-GAN checkpoints, ONNX and Keras files; runs nothing in them.

    Example: python -m pipelines convert karras2018iclr-celebahq-1024x1024.pkl artifacts/weights/celebahq1024
    """
    from pipelines.backend import import_quietly

    import_quietly()
    from models.conversion import convert as convert_file
    from pipelines.progress import console

    report = convert_file(source, destination, latent_space=latent_space)
    _print_facts(report.facts)
    for note in report.notes:
        console.print(f"  {note}")
    for path in report.written:
        console.print(f"Wrote {path}", soft_wrap=True)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--sheet", type=click.Path(path_type=Path), help="Write a contact sheet of 16 samples here (PNG)."
)
def inspect(file, sheet):
    """Tell what a network's file is: kind, resolution, latent size, parameters, hash.

    Example: python -m pipelines inspect models/pretrained/celeba64.generator.h5 --sheet faces.png
    """
    from pipelines.backend import import_quietly

    import_quietly()
    from models.conversion import inspect as inspect_file
    from models.conversion import sample_images
    from pipelines.pictures import contact_sheet, save_png
    from pipelines.progress import console

    _print_facts(inspect_file(file))
    if sheet is not None:
        save_png(contact_sheet(sample_images(file), columns=8), sheet)
        console.print(f"Wrote {sheet}", soft_wrap=True)


def _print_facts(facts) -> None:
    from rich.table import Table

    from pipelines.progress import console

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
