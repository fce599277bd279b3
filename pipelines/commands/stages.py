"""Commands of the stages from sample to report, and what a run needs and has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipelines.commands.recipe_argument import with_recipe
from pipelines.recipe.load import Recipe
from tlgan.errors import UserError

if TYPE_CHECKING:
    from pipelines.planning.plan import Plan


def _plan(recipe: Recipe) -> Plan:
    """Plan a recipe; with `sample.until`, after finding how many samples meet the bound."""
    from pipelines.planning.plan import make_plan
    from pipelines.planning.sample_size import sample_until_bound

    return sample_until_bound(recipe) if recipe.sample.until else make_plan(recipe)


def _run_until(stage: str, plan: Plan) -> int:
    from pipelines.planning.run import run

    return run(plan.recipe, plan.until(stage))


def _stage_command(stage: str, text: str) -> click.Command:
    @click.command(stage, help=f"{text}\n\nExample: python -m pipelines {stage} celeba64")
    @with_recipe
    def command(recipe: Recipe) -> None:
        _run_until(stage, _plan(recipe))

    return command


sample = _stage_command("sample", "Draw latents and images from the generator.")
label = _stage_command("label", "Read the attributes of every sampled image.")
fit = _stage_command("fit", "Regress every attribute on the latents: the raw axes.")
orthogonalize = _stage_command(
    "orthogonalize", "Make the axes orthogonal to the recipe's base; write the axis file."
)
export = _stage_command("export", "Write the axes in the formats of other tools.")


@click.command()
@with_recipe
def evaluate(recipe: Recipe) -> None:
    """Edit fresh latents along every axis and measure with the recipe's judge what changed.

    Example: python -m pipelines evaluate celeba64 -s evaluate.count=1000
    """
    from pipelines.evaluation.console import print_evaluation

    plan = _plan(recipe)
    _run_until("evaluate", plan)
    print_evaluation(plan.evaluation.output)


@click.command()
@with_recipe
@click.argument("other", required=False)
def report(recipe: Recipe, other: str | None) -> None:
    """Write the self-contained report.html of a run, or a page that compares it with that of OTHER.

    -s is for the first recipe.

    Example: python -m pipelines report celeba64 mine.toml
    """
    if other:
        from pipelines.recipe.load import load_recipe
        from pipelines.runs.compare import write_comparison
        from pipelines.workflow.progress import say

        say(f"Comparison: {write_comparison(recipe, load_recipe(other, ())).resolve()}")
        return
    _run_until("report", _plan(recipe))
    _print_report(recipe)


@click.command()
@with_recipe
def run(recipe: Recipe) -> None:
    """Do everything from sample to report; skip what is fresh.

    Example: python -m pipelines run celeba64
    """
    from pipelines.workflow.progress import say

    if not _run_until("report", _plan(recipe)):
        say("Nothing to do: every stage is fresh.")
    _print_report(recipe)


def _print_report(recipe: Recipe) -> None:
    from pipelines.report.page import report_path
    from pipelines.workflow.progress import say

    say(f"Report: {report_path(recipe).resolve()}")


@click.command()
@with_recipe
def status(recipe: Recipe) -> None:
    """Show what is fresh, missing, partial or stale, and why.

    Example: python -m pipelines status celeba64
    """
    from rich.table import Table

    from pipelines.planning.plan import make_plan
    from pipelines.workflow.freshness import check_freshness
    from pipelines.workflow.ledger import Ledger
    from pipelines.workflow.progress import console

    ledger = Ledger(recipe.name)
    table = Table(
        "stage", "state", "why", "took", "file", title=f"recipe {recipe.name}", title_justify="left"
    )
    for step in make_plan(recipe):
        freshness = check_freshness(step, ledger)
        seconds = ledger.entry(step).get("seconds")
        took = f"{seconds:.0f} s" if seconds is not None else ""
        table.add_row(step.title, freshness.name, "; ".join(freshness.reasons), took, str(step.output))
    console.print(table)


@click.command()
@click.argument("run", required=False)
def verify(run: str | None) -> None:
    """Check all files against their checksums, or those of RUN (a recipe or a folder of runs/).

    Names each damaged file with the command that makes it again; exit status 1 where there is one.

    Example: python -m pipelines verify celeba64
    """
    from collections import Counter

    from pipelines.recipe.load import load_recipe
    from pipelines.runs import verify as checks
    from pipelines.workflow.progress import say
    from tlgan.storage.home import home

    if run is not None and not (home() / "runs" / run).is_dir():
        run = load_recipe(run).name
    findings = list(checks.verify(run))
    for finding in findings:
        if finding.state == checks.DAMAGED:
            say(f"damaged: {finding.path}: {finding.reason}")
            say(f"  to make it again: {finding.rebuild}")
        elif finding.state != checks.SOUND:
            say(f"{finding.state}: {finding.path}")
    counts = Counter(finding.state for finding in findings)
    say(
        f"{counts[checks.SOUND]} of {len(findings)} are as they were written; {counts[checks.UNFINISHED]} "
        f"unfinished; {counts[checks.UNCHECKED]} without a checksum, as earlier versions wrote them."
    )
    if damaged := [finding.path for finding in findings if finding.state == checks.DAMAGED]:
        raise UserError(
            f"{damaged[0]}: is damaged{f', and {len(damaged) - 1} more' if damaged[1:] else ''}. "
            "Make it again with the command above."
        )


@click.command("plan")
@click.option(
    "--degrees", default=3.0, show_default=True, type=click.FloatRange(0, 90, min_open=True, max_open=True)
)
@with_recipe
def plan_command(recipe: Recipe, degrees: float) -> None:
    """Say from a pilot of 2,000 samples how many an angular error below DEGREES will need.

    Example: python -m pipelines plan celeba64 --degrees 2
    """
    from rich.table import Table

    from pipelines.planning.sample_size import samples_needed
    from pipelines.workflow.progress import console

    table = Table("attribute", "error of the pilot", f"samples for {degrees:g}°")
    for needed in samples_needed(recipe, degrees):
        table.add_row(needed.attribute, f"{needed.pilot_error:.1f}°", f"{needed.count:,.0f}")
    console.print(table)
