"""Print to any terminal, file or pipe: nothing fails for a character, nothing is cut outside a terminal."""

from __future__ import annotations

import codecs
import contextlib
import json
import sys
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

ERRORS = "tlgan.plain"
# What the project prints beside ASCII, in ASCII.
_PLAIN = {
    "–": "-",
    "—": "-",
    "−": "-",
    "·": "*",
    "×": "x",
    "✓": "*",
    "▸": ">",
    "→": "->",
    "…": "...",
    "±": "+-",
}
_PLAIN |= {
    "°": " deg",
    "²": "2",
    "≥": ">=",
    "≤": "<=",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "✗": "x",
    "│": "|",
}


def allow_any_terminal() -> None:
    """Let standard output and error replace what their encoding lacks, in place of failing.

    Accents are dropped, the project's own signs become ASCII ("→" is "->"), and anything else is "?". Where
    the encoding has a character it is printed as it is.
    """
    codecs.register_error(ERRORS, _replacement)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            with contextlib.suppress(ValueError, OSError):  # closed, or another program's
                stream.reconfigure(errors=ERRORS)


def is_unicode(encoding: str | None) -> bool:
    """Whether an encoding has every character."""
    return (encoding or "").lower().replace("-", "").replace("_", "").startswith(("utf8", "utf16", "utf32"))


def print_table(table: Table, console: Console | None = None) -> None:
    """Print a table: on a terminal as wide as that is, elsewhere as wide as the table.

    Parameters
    ----------
    table : rich.table.Table
    console : rich.console.Console, optional
        One whose settings count; by default a plain one on standard output.
    """
    from rich.console import Console

    console = console or Console(highlight=False)
    if not console.file.isatty():
        wide = Console(width=10**6, legacy_windows=False)
        width = max(console.width, wide.measure(table).maximum)
        console = Console(file=console.file, width=width, highlight=False, markup=False, emoji=False)
    console.print(table)


def print_json(records: object) -> None:
    """Print JSON; characters that the output's encoding may lack are escaped, so that nothing is lost."""
    print(json.dumps(records, ensure_ascii=not is_unicode(sys.stdout.encoding), indent=1))


def _replacement(error: UnicodeError) -> tuple[str, int]:
    """Error handler of `codecs`: what stands for characters that an encoding lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    shown = [_plain(character, error.encoding) for character in error.object[error.start : error.end]]
    return "".join(shown), error.end


def _plain(character: str, encoding: str) -> str:
    if character in _PLAIN:
        return _PLAIN[character]
    bare = unicodedata.normalize("NFKD", character)[:1]
    with contextlib.suppress(UnicodeError, LookupError):
        bare.encode(encoding)
        return bare
    return "?"
