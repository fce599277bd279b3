"""Turn errors to exit codes, for every command line of the project."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from tlgan.cli.terminal import allow_any_terminal
from tlgan.errors import UserError

SUCCESS, EXPECTED_ERROR, INTERRUPTED = 0, 1, 130
LONGEST_LINE = 2000  # characters


def run_command(command: click.Command, program: str, arguments: Sequence[str] | None = None) -> int:
    """Run a click command; give its exit code.

    ==========================  ====  ===========================================
    what happened               code  on stderr
    ==========================  ====  ===========================================
    done                        0
    UserError                   1     one line
    a file that fails           1     one line: an OSError that names it
    memory runs out             1     one line
    wrong options or arguments  2     click's usage and the error
    Ctrl-C                      130   one line
    anything else               –     is raised: a bug keeps its traceback
    ==========================  ====  ===========================================

    Parameters
    ----------
    command : click.Command
        A command or group. An int that it returns is the exit code.
    program : str
        What the help calls it: "tlgan", "python -m pipelines".
    arguments : sequence of str, optional
        By default those of the process.
    """
    allow_any_terminal()
    # HDF5 would lock every file that it opens, and open none where the file system has no locks. One writer at
    # a time is seen to otherwise: by `pipelines.workflow.lock`, and by writing beside a file and renaming.
    os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")
    try:
        result = command.main(args=arguments, prog_name=program, standalone_mode=False)
    except UserError as error:
        click.echo(f"Error: {_one_line(error)}", err=True)
        return EXPECTED_ERROR
    except OSError as error:
        if error.filename is None:
            raise
        reason = error.strerror or type(error).__name__
        click.echo(
            f"Error: {_one_line(error.filename)}: {reason}. Correct that, then run it again.", err=True
        )
        return EXPECTED_ERROR
    except MemoryError:
        click.echo(
            "Error: memory ran out. Ask for less at a time, or end what else uses it, then run it again.",
            err=True,
        )
        return EXPECTED_ERROR
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    return result if isinstance(result, int) else SUCCESS


def _one_line(text: object) -> str:
    """A text on one line of a bounded length; what a terminal would obey is shown as an escape."""
    line = " ".join(str(text).split())
    if len(line) > LONGEST_LINE:
        line = f"{line[: LONGEST_LINE // 2]} … {line[-LONGEST_LINE // 2 :]}"
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)
