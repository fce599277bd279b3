"""The command `try`: from a generator's file to a report."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.generators.file_options import unknown_options
from pipelines.commands.networks import print_facts
from tlgan.errors import UserError

if TYPE_CHECKING:
    from models.importers.sidecar import Colours

PRIOR_QUESTION = (
    "What are its latents drawn from? normal (torch.randn, most networks), uniform (numbers from -1 to 1) or\n"
    "sphere (PG-GAN: normal numbers, scaled to one length)"
)
# What to do after a first look, and what for.
NEXT = {
    "evaluate": "lets a judge say what each axis changes",
    "explore": "opens the editor",
}


@click.command("try")
@click.argument("file", type=click.Path(path_type=Path))
@unknown_options
@click.option("--name", default="", help="Of generator, recipe and run; else that of the file.")
@click.option("--labeller", default="celeba64", show_default=True, help="Name or file of a labeller.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Recipe to write; else <name>.recipe.toml beside the file."
)
@click.option(
    "--count", type=click.IntRange(1, 10**7), help="Samples; else what fits the minutes, 4,000 at most."
)
@click.option(
    "--minutes",
    default=5.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="For drawing and labelling.",
)
@click.option("--no-open", is_flag=True, help="Print the path of the report only.")
def try_generator(
    file: Path,
    prior: str | None,
    value_range: tuple[float, float] | None,
    colours: Colours | None,
    name: str,
    labeller: str,
    out: Path | None,
    count: int | None,
    minutes: float,
    no_open: bool,
) -> None:
    """Go from a generator's FILE to a report: convert it, write a recipe beside it, run a small sample.

    What the file does not tell is asked for in a terminal, and named with its option elsewhere. A recipe that is
    there already is run as it is.

    Example: python -m pipelines try dcgan.onnx --prior normal
    """
    from pipelines.execution.keras_import import import_quietly

    import_quietly()
    from models.loaders.describe import inspect as inspect_file
    from pipelines.planning import trial
    from pipelines.workflow.progress import say

    file = file.expanduser()
    name = trial.trial_name(file, name)
    recipe = out.expanduser() if out else file.with_name(f"{name}.recipe.toml")
    if recipe.suffix != ".toml":
        raise UserError(f"`--out` must be a recipe's file and end in .toml. Got {recipe}.")
    if recipe.exists():
        say(f"{recipe} is there already and is run as it is; options for a new one change nothing in it.")
        say("For another: `--name NAME`, or change the file.")
    else:
        facts = inspect_file(file)
        print_facts(facts)
        if facts.latent_space is None and prior is None and _is_dialogue():
            prior = click.prompt(PRIOR_QUESTION, type=click.Choice(trial.PRIORS), default=trial.PRIORS[0])
        told = trial.Told(prior, value_range, colours)
        trial.check_generator_facts(facts, told)
        words = ["python", "-m", "pipelines", *sys.argv[1:]]
        asked = trial.Asked(name, labeller, recipe, count, minutes, shlex.join(words))
        for line in trial.prepare_trial(file, facts, told, asked):
            say(line)
    _run_trial(recipe, no_open)


def _is_dialogue() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _run_trial(path: Path, no_open: bool) -> None:
    """Run a recipe from sample to report; show the page where there is a display."""
    import webbrowser

    from pipelines.planning.plan import make_plan
    from pipelines.planning.run import run
    from pipelines.recipe.load import load_recipe
    from pipelines.report.page import report_path
    from pipelines.workflow.ledger import command_line
    from pipelines.workflow.progress import say

    recipe = load_recipe(str(path))
    before = command_line.set(recipe.command("run"))
    try:
        run(recipe, make_plan(recipe))
    finally:
        command_line.reset(before)
    page = report_path(recipe).resolve()
    say(f"Report: {page}")
    for command, what in NEXT.items():
        say(f"  {recipe.command(command)}  {what}")
    display = (
        sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    if _is_dialogue() and display and not no_open:
        webbrowser.open(page.as_uri())
