"""Errors become exit codes: expected ones a line, bugs a traceback."""

from __future__ import annotations

import os

import click
import pytest

from tlgan.cli.error_handler import run_command
from tlgan.errors import UserError


def command_that(action) -> click.Command:
    @click.group()
    def group() -> None:
        """Group."""

    @group.command()
    @click.option("--count", type=int)
    def run_now(count: int | None) -> object:
        """Do it."""
        return action()

    return group


def raises(error: BaseException):
    def action() -> None:
        raise error

    return action


@pytest.mark.parametrize(
    ("action", "code", "message"),
    [
        (lambda: None, 0, ""),
        (lambda: 3, 3, ""),
        (lambda: "text", 0, ""),
        (raises(UserError("a.h5: must be so.\nGot  that.")), 1, "Error: a.h5: must be so. Got that.\n"),
        (
            raises(OSError(36, "File name too long", "a\nb")),
            1,
            "Error: a b: File name too long. Correct that, then run it again.\n",
        ),
        (
            raises(MemoryError()),
            1,
            "Error: memory ran out. Ask for less at a time, or end what else uses it, then run it again.\n",
        ),
        (raises(KeyboardInterrupt()), 130, "Interrupted.\n"),
        (raises(click.exceptions.Exit(7)), 7, ""),
    ],
)
def test_exit_codes(action, code, message, capsys):
    assert run_command(command_that(action), "program", ["run-now"]) == code
    assert capsys.readouterr().err.lstrip("\n") == message


def test_hdf5_is_told_to_lock_nothing_unless_it_is_said(monkeypatch):
    for said, wanted in ((None, "FALSE"), ("TRUE", "TRUE")):
        monkeypatch.delenv("HDF5_USE_FILE_LOCKING", raising=False)
        if said:
            monkeypatch.setenv("HDF5_USE_FILE_LOCKING", said)
        found = command_that(lambda: int(os.environ["HDF5_USE_FILE_LOCKING"] == wanted))  # noqa: B023
        assert run_command(found, "program", ["run-now"]) == 1


def test_wrong_use_is_two_with_usage(capsys):
    assert run_command(command_that(lambda: None), "program", ["run-now", "--count", "x"]) == 2
    assert "Usage: program run-now" in capsys.readouterr().err
    assert run_command(command_that(lambda: None), "program", ["other"]) == 2


def test_help_is_success(capsys):
    assert run_command(command_that(lambda: None), "program", ["--help"]) == 0
    assert capsys.readouterr().out.startswith("Usage: program")


@pytest.mark.parametrize("error", [ValueError("x"), OSError(5, "x"), AssertionError("x"), RecursionError()])
def test_a_bug_keeps_its_traceback(error):
    with pytest.raises(type(error)):
        run_command(command_that(raises(error)), "program", ["run-now"])


def test_a_message_is_one_bounded_line_that_no_terminal_obeys(capsys):
    assert (
        run_command(command_that(raises(UserError("a\x1b[31m\x07.h5: \u202ebad\udc80"))), "x", ["run-now"])
        == 1
    )
    assert capsys.readouterr().err == "Error: a\\x1b[31m\\x07.h5: \\u202ebad\\udc80\n"
    assert run_command(command_that(raises(UserError(f"start {'a' * 10**6} end"))), "x", ["run-now"]) == 1
    line = capsys.readouterr().err
    assert len(line) < 2100
    assert line.startswith("Error: start a")
    assert line.endswith("a end\n")
