"""The argument RECIPE and the option -s."""

from __future__ import annotations

import shlex

import click
import pytest
from click.testing import CliRunner

from pipelines.commands.recipe_argument import DEFAULT_RECIPE, with_recipe
from pipelines.workflow.ledger import Ledger
from tests.pipelines.workflow.toy_steps import toy
from tlgan.errors import UserError


@click.command()
@click.option("--times", default=1)
@with_recipe
@click.argument("name", default="nobody")
def show(recipe, times, name):
    """Show a recipe."""
    click.echo(f"{recipe.name} {recipe.sample.count} {times} {name}")


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["known-axes", "-s", "sample.count=7"], "known-axes 7 1 nobody"),
        (["known-axes", "somebody", "--times", "3", "-s", "sample.count=7"], "known-axes 7 3 somebody"),
        (["-s", "sample.count=7"], f"{DEFAULT_RECIPE} 7 1 nobody"),
        (["known-axes", "-s", "sample.count=7", "-s", "sample.count=8"], "known-axes 8 1 nobody"),
    ],
)
def test_command_gets_the_recipe_and_its_own_options(arguments, shown):
    result = CliRunner().invoke(show, arguments, catch_exceptions=False)
    assert result.output.strip() == shown


def test_steps_are_noted_with_the_command_under_which_they_run(home):
    @click.command("note")
    @with_recipe
    @click.option("--minutes", default=1)
    def note(recipe, minutes):
        """Note a step."""
        Ledger("toy").record(toy(), 1.0)

    arguments = ["known-axes", "-s", "label.labellers=['a b']", "-s", "sample.count=7", "--minutes", "3"]
    CliRunner().invoke(note, arguments, catch_exceptions=False)
    noted = Ledger("toy").entry(toy())["command"]
    assert shlex.split(noted) == ["python", "-m", "pipelines", "note", *arguments[:5]]
    Ledger("toy").record(toy(), 1.0)  # not on the command line
    assert Ledger("toy").entry(toy())["command"] == ""


def test_help_keeps_the_commands_words():
    assert show.help == "Show a recipe."
    assert "Override a key" in CliRunner().invoke(show, ["--help"]).output


def test_unknown_recipe_is_refused():
    with pytest.raises(UserError, match="no such recipe"):
        CliRunner().invoke(show, ["nothing"], catch_exceptions=False)
