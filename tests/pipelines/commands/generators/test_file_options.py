"""Options that say what a generator's file does not tell."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from pipelines.commands.generators.file_options import unknown_options


@click.command()
@unknown_options
def show(prior, value_range, colours):
    click.echo(f"{prior} {value_range} {colours}")


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ([], "None None None"),
        (["--prior", "normal"], "normal None None"),
        (["--latent-space", "sphere"], "sphere None None"),
        (["--range", "-1,1", "--colours", "BGR"], "None (-1.0, 1.0) BGR"),
        (["--range", " 0, 255"], "None (0.0, 255.0) None"),
    ],
)
def test_options_are_read(arguments, shown):
    assert CliRunner().invoke(show, arguments, catch_exceptions=False).output.strip() == shown


@pytest.mark.parametrize("text", ["1,0", "0", "0,1,2", "black,white", "0,inf", "nan,1", "0;1", ""])
def test_range_must_be_two_numbers_the_first_the_smaller(text):
    result = CliRunner().invoke(show, ["--range", text])
    assert result.exit_code == 2
    assert "must be black and white, such as -1,1" in result.output
