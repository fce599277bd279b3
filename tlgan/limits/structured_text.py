"""JSON and TOML from files and requests: nesting, sizes and numbers are bounded, and every fault is a UserError."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from tlgan.errors import UserError

MAX_INTEGER_BITS = 4096
MAX_DEPTH = 64
# tomllib is slow where a file is made for it; what people write by hand is far smaller.
MAX_TOML_BYTES = 2**18
# Of a key, tomllib makes a list for each dot, as long as the dots before it.
MAX_DOTS = 256  # of a line


def parse_json(text: str | bytes, *, finite: bool = False) -> Any:
    """Parse JSON.

    Parameters
    ----------
    text : str, or bytes in UTF-8
    finite : bool
        Refuse NaN and infinity, which Python takes and JSON does not have.

    Returns
    -------
    object
        Made of dict, list, str, int, float, bool and None, nested at most `MAX_DEPTH` deep.

    Raises
    ------
    UserError
        Where the text is no JSON, is nested deeper, has an integer of thousands of digits or half a character.

    Examples
    --------
    >>> from tlgan.limits.structured_text import parse_json
    >>> parse_json('{"names": ["Smiling"]}')
    {'names': ['Smiling']}
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_refuse_constant if finite else None)
    except RecursionError:
        raise _too_deep("JSON") from None
    except ValueError as error:
        raise UserError(f"must be JSON ({_reason(error)}).") from error
    _check_depth(value, "JSON")
    if "\\ud" in text.lower() or not is_unicode(text):
        _check_characters(value)
    return value


def parse_toml(text: str | bytes) -> dict[str, Any]:
    """Parse TOML.

    Parameters
    ----------
    text : str, or bytes in UTF-8
        At most `MAX_TOML_BYTES` characters.

    Returns
    -------
    dict
        Nested at most `MAX_DEPTH` deep.

    Raises
    ------
    UserError
        Where the text is no TOML, is longer, is nested deeper, or has an integer of thousands of digits.

    Examples
    --------
    >>> from tlgan.limits.structured_text import parse_toml
    >>> parse_toml("[sample]\\ncount = 100")
    {'sample': {'count': 100}}
    """
    if len(text) > MAX_TOML_BYTES:
        raise UserError(f"must have at most {MAX_TOML_BYTES} characters of TOML. Got {len(text)}.")
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        if any(line.count(".") > MAX_DOTS for line in text.split("\n")):
            raise UserError(
                f"must have lines of TOML with at most {MAX_DOTS} dots. Got more; break the line."
            )
        value = tomllib.loads(text)
    except RecursionError:
        raise _too_deep("TOML") from None
    except UserError:
        raise
    except (ValueError, AttributeError, TypeError) as error:  # tomllib trips over some damaged dates and keys
        raise UserError(f"must be TOML ({_reason(error)}).") from error
    _check_depth(value, "TOML")
    return value


def is_unicode(text: str) -> bool:
    """Whether a text can be written as UTF-8: arguments of a command, and JSON, may hold halves of characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; see `parse_toml`."""
    with path.open("rb") as file:
        return parse_toml(file.read(MAX_TOML_BYTES + 1))


def _check_depth(value: Any, what: str) -> None:
    """Refuse what is nested so deep, or a number so long, that a later step, such as a message, could not show it.

    Decimal integers are bounded as they are parsed; those of TOML may be hexadecimal, octal or binary, too.
    """
    level = [value]
    for _ in range(MAX_DEPTH):
        values = [
            held
            for container in level
            if isinstance(container, dict | list)
            for held in (container.values() if isinstance(container, dict) else container)
        ]
        if any(isinstance(held, int) and held.bit_length() > MAX_INTEGER_BITS for held in values):
            raise UserError(
                f"must be {what} whose integers have at most {MAX_INTEGER_BITS} bits. One has more."
            )
        level = [held for held in values if isinstance(held, dict | list)]
        if not level:
            return
    raise _too_deep(what)


def _check_characters(value: Any) -> None:
    """Refuse halves of characters, which JSON can spell and no file or terminal takes."""
    if not is_unicode(json.dumps(value, ensure_ascii=False)):
        raise UserError("must be JSON of whole characters. It has half of a surrogate pair.")


def _too_deep(what: str) -> UserError:
    return UserError(f"must be {what} nested at most {MAX_DEPTH} deep. It is nested deeper.")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
