"""Labels by hand: a CSV with the columns row, attribute, value, read as a labeller of sampled images."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.readers.label_columns import LabelColumn, parse_column, parse_header
from data.readers.text_table import TextTable, read_text_table
from pipelines.sources.source import ImagelessLabeller
from tlgan.errors import UserError

ENDING = ".csv"
HEADER = ("row", "attribute", "value")
# The number of a picture, as `images` names its file, or as pandas writes whole numbers.
_ROW = re.compile(r"(?:.*[/\\])?([0-9]{1,12})(?:\.0+|\.png)?", re.IGNORECASE)


@dataclass
class _Entries:
    """What a table says of one attribute, in its order."""

    lines: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class LabelTable(ImagelessLabeller):
    """A labeller that knows the sampled images by number, and no others.

    Attributes
    ----------
    path : Path
    names, kinds, units : tuple of str, one entry per attribute; a binary one has the values 0 and 1
    rows, columns : int64 arrays, shape (M,), image and attribute of each value
    values : float32 array, shape (M,), NaN = unknown
    lines : int64 array, shape (M,), where each value stands in the file
    notes : tuple of str, what was assumed of the attributes and may be wrong
    """

    path: Path
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    units: tuple[str, ...]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[np.float32]
    lines: NDArray[np.int64]
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.path.stem

    def score_rows(self, images: Any, latents: np.ndarray, start: int) -> NDArray[np.float32]:
        """Values of the rows from number `start` on, as many as `latents`; NaN where the table has none.

        See `models.protocols.Labeller`.
        """
        scores = np.full((len(latents), len(self.names)), np.nan, np.float32)
        inside = (self.rows >= start) & (self.rows < start + len(latents))
        scores[self.rows[inside] - start, self.columns[inside]] = self.values[inside]
        return scores

    def check_rows(self, count: int) -> None:
        """Refuse a number that is none of the `count` images there are."""
        beyond = np.flatnonzero(self.rows >= count)
        if len(beyond):
            first = beyond[np.argmin(self.lines[beyond])]
            raise UserError(
                f"{self.path}: line {self.lines[first]}: `row` must be the number of a sampled image, "
                f"0 to {count - 1}. Got {self.rows[first]}. Correct it, or raise `sample.count`."
            )


def read_label_table(path: str | Path) -> LabelTable:
    """Read a table of labels, separated by commas, semicolons, tabs or spaces; see `data.readers.text_table`.

    The heading is row, attribute, value. `row` is the number of a sampled image, from 0, or the name of its file;
    `attribute` a name, or `name:kind` or `name:kind:unit` with the kind binary or continuous. Without a kind, values
    of 0 and 1 (-1 and 1, no and yes) make a binary attribute and other numbers a continuous one. An empty value,
    `nan`, `NA` or `?` is unknown.

    Raises
    ------
    UserError
        Naming file and line: another heading, a line with too few or too many cells, a row that is no
        number, an image labelled twice, a value that is no number, an attribute without a value.
    """
    path = Path(path)
    found: dict[str, _Entries] = {}
    headings: dict[str, str] = {}
    table = _checked(read_text_table(path))
    for line, (row, heading, value) in table.rows:
        number = _ROW.fullmatch(row)
        if not number:
            raise UserError(f"{path}: line {line}: `row` must be a whole number from 0 on. Got {row!r}.")
        name = parse_header(path, heading).name
        if not name or "/" in name:  # it becomes part of file names
            raise UserError(
                f"{path}: line {line}: `attribute` must be a name without a slash. Got {heading!r}. Name it."
            )
        if headings.setdefault(name, heading) != heading:
            raise UserError(
                f"{path}: line {line}: {name} must be headed alike everywhere. Got {heading!r} after "
                f"{headings[name]!r}. Choose one."
            )
        entries = found.setdefault(name, _Entries())
        entries.lines.append(line)
        entries.rows.append(int(number[1]))
        entries.cells.append(value)
    if not found:
        raise UserError(f"{path}: must hold labels below its heading. Got none. Write a line for each.")
    labels = [_attribute(table, headings[name], entries) for name, entries in found.items()]
    sizes = [len(entries.rows) for entries in found.values()]
    return LabelTable(
        path=path,
        names=tuple(found),
        kinds=tuple(label.kind for label in labels),
        units=tuple("logit" if label.kind == "binary" else label.unit for label in labels),
        rows=np.concatenate([np.array(entries.rows, np.int64) for entries in found.values()]),
        columns=np.repeat(np.arange(len(sizes)), sizes),
        values=np.concatenate([label.values for label in labels]),
        lines=np.concatenate([np.array(entries.lines, np.int64) for entries in found.values()]),
        notes=tuple(note for label in labels for note in label.notes),
    )


def _checked(table: TextTable) -> TextTable:
    """The table, whose heading is `HEADER` and whose lines have as many cells."""
    header = tuple(heading.lower() for heading in table.header)
    if header not in (HEADER, ("", *HEADER)):  # the latter where every line has a cell too many
        raise UserError(
            f"{table.path}: line 1 must be {','.join(HEADER)}. Got {table.separator.join(table.header)[:80]!r}. "
            "Head it so."
        )
    for line, cells in table.rows:
        if len(cells) != len(HEADER):
            raise UserError(
                f"{table.path}: line {line} must have {len(HEADER)} cells, {', '.join(HEADER)}. Got {len(cells)}."
            )
    return table


def _attribute(table: TextTable, heading: str, entries: _Entries) -> LabelColumn:
    path = table.path
    seen: dict[int, int] = {}
    for line, row in zip(entries.lines, entries.rows, strict=True):
        if row in seen:
            raise UserError(
                f"{path}: line {line} repeats row {row} of line {seen[row]} for {heading}. Remove one."
            )
        seen[row] = line
    label = parse_column(path, parse_header(path, heading), entries.lines, entries.cells, table.separator)
    if label.kind == "categorical":
        known = zip(entries.lines, entries.cells, label.values, strict=True)
        line, cell = next(((line, cell) for line, cell, value in known if not math.isnan(value)), (1, ""))
        raise UserError(
            f"{path}: line {line}: `value` of {heading} must be a number, 0 and 1 for no and yes. "
            f"Got {cell!r}. Give each category an attribute of its own."
        )
    if np.isnan(label.values).all():
        raise UserError(f"{path}: {heading} has no value yet. Write some, or remove its lines.")
    return label
