"""Read the numbers of a column as people write them: decimal commas, TRUE and FALSE, yes and no."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from tlgan.errors import UserError

_COMMA = re.compile(r"[+\-−]?\d*,\d+(?:[eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+\-−]?[1-9]\d{0,2}(?:,\d{3})+")
# Digits with points, commas, apostrophes, spaces or a per cent sign: a number to a person.
_LIKE_A_NUMBER = re.compile(r"[+\-−]?[.,]?\d[\d.,'’ \u00a0\u202f]*%?")
_WITH_UNIT = re.compile(r"[+\-−]?\d+(?:[.,]\d+)?\s*([^\W\d_]+\.?)")
# As people write yes and no, and as Excel shows TRUE and FALSE in a few languages.
_YES = (
    "true",
    "yes",
    "y",
    "t",
    "ja",
    "oui",
    "sí",
    "si",
    "sim",
    "wahr",
    "vrai",
    "verdadero",
    "vero",
    "verdadeiro",
)
_NO = ("false", "no", "n", "f", "nein", "non", "não", "nee", "falsch", "faux", "falso", "onwaar")
_TRUTHS = dict.fromkeys(_YES, 1.0) | dict.fromkeys(_NO, 0.0) | {"waar": 1.0}


def read_numbers(start: str, name: str, known: Mapping[str, int], separator: str = ",") -> dict[str, float]:
    """Read the finite numbers among the different cells of a column.

    A comma is taken for a decimal one where no cell of the column has a point and, in a table separated by
    commas, none could be thousands ("1,234"). A column of nothing but TRUE and FALSE, or yes and no, is 1 and 0.

    Parameters
    ----------
    start : str
        How a message begins: the table's path and ": ".
    name : str
        Of the column.
    known : mapping of cell to line
        The different cells that are not empty.
    separator : str
        Of the table's cells.

    Returns
    -------
    dict of cell to float
        Words are left out.

    Raises
    ------
    UserError
        Where a cell is a number to a person and cannot be read with certainty; names its line.

    Examples
    --------
    >>> read_numbers("", "Age", {"20,5": 2, "31": 3}, ";")
    {'20,5': 20.5, '31': 31.0}
    """
    if known and all(cell.lower() in _TRUTHS for cell in known):
        return {cell: _TRUTHS[cell.lower()] for cell in known}
    numbers = {cell: value for cell in known if (value := _plain(cell)) is not None}
    commas = [cell for cell in known if _COMMA.fullmatch(cell)]
    with_point = [cell for cell in numbers if "." in cell]
    certain = separator != "," or not all(map(_THOUSANDS.fullmatch, commas))
    if commas and not with_point and certain:
        numbers |= {cell: float(cell.replace(",", ".").replace("−", "-")) for cell in commas}
    unread = [cell for cell in known if cell not in numbers and _LIKE_A_NUMBER.fullmatch(cell)]
    units = {found[1] for cell in known if (found := _WITH_UNIT.fullmatch(cell))}
    if len(units) == 1 and len(known) > 1 and all(map(_WITH_UNIT.fullmatch, known)):
        unread = list(known)  # "20 years", "21 years"
    if unread:
        cell = min(unread, key=known.__getitem__)
        raise UserError(
            f"{start}line {known[cell]}: `{name}` must have numbers such as 20.5: a decimal point, no thousands "
            f"separators, no unit. Got {cell!r}{_reason(cell, with_point)}. Write the column so, or head it "
            f"`{name}:categorical`."
        )
    return {cell: numbers[cell] for cell in known if cell in numbers}


def _reason(cell: str, with_point: list[str]) -> str:
    if "," not in cell:
        return ""
    if with_point:
        return f", with a comma, beside {with_point[0]!r}, with a point"
    return ", whose comma may stand before decimals or thousands"


def _plain(cell: str) -> float | None:
    try:
        value = float(cell.replace("−", "-"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
