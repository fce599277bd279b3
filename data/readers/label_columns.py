"""Parse one column of a CSV of labels: its kind, its unit and its values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.images.labelled_images import KINDS
from data.readers.cell_numbers import read_numbers
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
    notes : tuple of str
        What was assumed about the column and may be wrong, a sentence each.
    """

    name: str
    kind: str
    unit: str
    values: NDArray[np.float32]
    categories: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


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


def parse_column(
    path: Path, heading: Heading, lines: Sequence[int], cells: Sequence[str], separator: str = ","
) -> LabelColumn:
    """Turn the cells of one column into numbers.

    Parameters
    ----------
    path : Path
        Of the table, for messages.
    heading : Heading
    lines : sequence of int, length N
        The line of each cell, for messages.
    cells : sequence of str, length N
    separator : str
        Of the table's cells; where it is no comma, "20,5" is 20.5.

    Raises
    ------
    UserError
        A word among numbers, an infinite number, a number that cannot be read with certainty ("1.234,5",
        "20 %"), or a value other than 0 and 1 (or -1 and 1) in a column that is said to be binary.
    """
    known = {
        cell: line for line, cell in zip(reversed(lines), reversed(cells), strict=True) if not _unknown(cell)
    }
    if heading.kind == "categorical":
        return _categories(heading, cells, known)
    numbers = read_numbers(f"{path}: ", heading.name, known, separator)
    words = [cell for cell in known if cell not in numbers]
    if words and not numbers and heading.kind is None:
        return _categories(heading, cells, known)
    if words:
        word = min(words, key=known.__getitem__)
        raise UserError(
            f"{path}: line {known[word]}: `{heading.name}` must be a finite number like the other rows, or empty. "
            f"Got {word!r}. Correct it, or head the column `{heading.name}:categorical`."
        )
    values = np.array([numbers.get(cell, math.nan) for cell in cells], dtype=np.float32)
    column = _numbers(path, heading, values, sorted(set(numbers.values())))
    if not known:
        nothing = f"{heading.name} has no value in any row: nothing can be learned from that"
        return replace(column, notes=(*column.notes, nothing))
    if len(set(numbers.values())) == 1 and np.isfinite(values).sum() > 1:
        (value,) = set(numbers.values())
        same = f"{heading.name} is {value:g} wherever it is known: nothing can be learned from that"
        return replace(column, notes=(*column.notes, same))
    return column


def _numbers(
    path: Path, heading: Heading, values: NDArray[np.float32], different: list[float]
) -> LabelColumn:
    is_binary = set(different) <= {0.0, 1.0} or different == [-1.0, 1.0]
    shown = ", ".join(f"{value:g}" for value in different[:5])
    if heading.kind == "binary" and not (is_binary or set(different) <= {-1.0, 1.0}):
        raise UserError(
            f"{path}: `{heading.name}` is headed binary and must be 0 and 1, or -1 and 1. "
            f"Got {shown}. Correct it{'; leave cells empty where it is unknown' if 0 in different else ''}."
        )
    if heading.kind == "binary" or (heading.kind is None and is_binary and different):
        truths = np.where(values == -1, 0, values).astype(np.float32)
        return LabelColumn(heading.name, "binary", heading.unit, truths)
    notes: tuple[str, ...] = ()
    if heading.kind is None and different == [-1.0, 0.0, 1.0]:
        notes = (
            f"{heading.name} is -1, 0 and 1: taken as continuous. Where 0 means unknown, leave these cells empty: "
            "it is then binary",
        )
    elif heading.kind is None and len(different) == 2:
        notes = (f"{heading.name} is {shown}: taken as continuous. For no and yes, write 0 and 1",)
    return LabelColumn(heading.name, "continuous", heading.unit, values, notes=notes)


def _categories(heading: Heading, cells: Sequence[str], known: Mapping[str, int]) -> LabelColumn:
    categories = tuple(sorted(known))
    numbers = {cell: float(number) for number, cell in enumerate(categories)}
    values = np.array([numbers.get(cell, math.nan) for cell in cells], dtype=np.float32)
    notes: tuple[str, ...] = ()
    count = sum(cell in numbers for cell in cells)
    if heading.kind is None and len(categories) > 2 and 2 * len(categories) > count:
        notes = (
            f"{heading.name} has {len(categories)} different words in {count} rows: taken as categories. "
            "Remove the column where they are not",
        )
    return LabelColumn(heading.name, "categorical", heading.unit, values, categories, notes)


def _unknown(cell: str) -> bool:
    return cell.lower() in _UNKNOWN
