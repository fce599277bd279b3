"""Files with one wrong byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from tlgan.errors import UserError


def count_caught(path: Path, read: Callable[[], object], positions: Iterable[int] | None = None) -> int:
    """Change one byte after the other; every reading must be refused, by name and in one line, or give the same.

    Parameters
    ----------
    path : Path
        Of the file to damage; it is whole again at the end.
    read : callable
        Reads all that the file is read for, as something that can be compared with ==.
    positions : iterable of int, optional
        Bytes to change; all without it.

    Returns
    -------
    int
        How many of the changes were refused.
    """
    whole, caught = path.read_bytes(), 0
    expected = read()
    for position in range(len(whole)) if positions is None else positions:
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        try:
            assert read() == expected, f"byte {position}"
        except UserError as error:
            _check_message(str(error), path)
            caught += 1
    path.write_bytes(whole)
    return caught


def _check_message(message: str, path: Path) -> None:
    assert message.startswith(str(path)), message
    assert "\n" not in message
