"""Parse one column of a CSV of labels: its kind, its unit and its values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.images.labelled_images import KINDS
from tlgan.errors import UserError

_UNKNOWN = frozenset({"", "nan", "na", "n/a", "?"})


@dataclass(frozen=True)
class Heading:
    """What a heading (`name`, `name:kind` or `name:kind:unit`) says; kind None is left to the values."""

    name: str
    kind: str | None
    unit: str


@dataclass(frozen=True, eq=False)
class LabelColumn:
    """One label of every row.

    Attributes
    ----------
    values : float32 array, shape (N,), NaN = unknown
    categories : tuple of str
        What the numbers of a categorical label stand for, sorted; empty otherwise.
    """

    name: str
    kind: str
    unit: str
    values: NDArray[np.float32]
    categories: tuple[str, ...] = ()


def parse_header(path: Path, cell: str) -> Heading:
    """Split a heading; UserError for an unknown kind."""
    name, _, rest = cell.partition(":")
    kind, _, unit = rest.partition(":")
    kind = kind.strip().lower()
    if kind and kind not in KINDS:
        raise UserError(
            f"{path}: heading {cell!r} must name a kind of {', '.join(KINDS)}. Got {kind!r}. Correct it."
        )
    return Heading(name.strip(), kind or None, unit.strip())


def parse_column(path: Path, heading: Heading, lines: Sequence[int], cells: Sequence[str]) -> LabelColumn:
    """Turn the cells of one column into numbers.

    Parameters
    ----------
    path : Path
        Of the table, for messages.
    heading : Heading
    lines : sequence of int, length N
        The line of each cell, for messages.
    cells : sequence of str, length N

    Raises
    ------
    UserError
        A word among numbers, an infinite number, or a value other than 0 and 1 (or -1 and 1) in a
        column that is said to be binary.
    """
    known = [(line, cell) for line, cell in zip(lines, cells, strict=True) if cell.lower() not in _UNKNOWN]
    words = [(line, cell) for line, cell in known if _number(cell) is None]
    kind = heading.kind
    if kind is None and words and len(words) == len(known):
        kind = "categorical"
    if kind == "categorical":
        categories = tuple(sorted({cell for _, cell in known}))
        numbers = {cell: float(i) for i, cell in enumerate(categories)}
        values = np.array([numbers.get(cell, math.nan) for cell in cells], dtype=np.float32)
        return LabelColumn(heading.name, kind, heading.unit, values, categories)
    if words:
        line, cell = words[0]
        raise UserError(
            f"{path}: line {line}: `{heading.name}` must be a finite number like the other rows, or empty. "
            f"Got {cell!r}. Correct it, or head the column `{heading.name}:categorical`."
        )
    numbers_only = {cell: float(cell) for _, cell in known}
    values = np.array([numbers_only.get(cell, math.nan) for cell in cells], dtype=np.float32)
    different = set(numbers_only.values())
    is_binary = different <= {0.0, 1.0} or different == {-1.0, 1.0}
    if kind == "binary" and not (is_binary or different <= {-1.0, 1.0}):
        raise UserError(
            f"{path}: `{heading.name}` is headed binary and must be 0 and 1, or -1 and 1. "
            f"Got {', '.join(f'{value:g}' for value in sorted(different)[:5])}. Correct it."
        )
    if kind == "binary" or (kind is None and is_binary and different):
        return LabelColumn(
            heading.name, "binary", heading.unit, np.where(values == -1, 0, values).astype(np.float32)
        )
    return LabelColumn(heading.name, "continuous", heading.unit, values)


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
