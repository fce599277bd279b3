"""Read a table of text as people have it: any usual separator, Excel's and R's peculiarities, CelebA's layout."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tlgan.errors import UserError
from tlgan.storage.stray_files import refuse_stray_file

SEPARATORS = "\t;,"  # of two that fit alike: a comma may be a decimal one
SPACE = " "
PROBED_ROWS = 50  # that tell the separator

_SEP_LINE = re.compile(r'"?sep=(.)"?[,;\t ]*\s*', re.IGNORECASE)


@dataclass(frozen=True)
class TextTable:
    """A heading and rows of cells, stripped, in Unicode's composed form (NFC).

    Attributes
    ----------
    path : Path
    header : list of str, one heading per column
    rows : list of (line number, cells); cells may be more or fewer than the headings
    separator : "," ";" tab or " " (any white space)
    """

    path: Path
    header: list[str]
    rows: list[tuple[int, list[str]]]
    separator: str


def read_text_table(path: Path) -> TextTable:
    """Read a table: UTF-8 (or UTF-16 with its mark), separated by commas, semicolons, tabs or spaces.

    Excel's first line `sep=;` is obeyed, and lines of comment above the table, which begin with #, are left out.
    CelebA's first line, the number of rows, is left out, and so are
    columns without heading and content, and the unnamed column of row numbers that R and pandas write. Where
    every row has one cell more than there are headings, the first column has no heading ("").

    Raises
    ------
    UserError
        Where the file is missing, is a web page, or is no text or no table.
    """
    refuse_stray_file(path, "a table of labels")
    try:
        lines = io.StringIO(_decoded(path.read_bytes()), newline="").readlines()
        first, separator = _start(lines)
        header, *rows = _cells(lines, first, separator) or [(1, [])]
    except (OSError, UnicodeError, csv.Error) as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"{path}: must be a readable UTF-8 CSV. Got: {reason}. Save it again as such."
        ) from error
    table = TextTable(path, header[1], rows, separator)
    return _with_every_heading(table)


def _decoded(content: bytes) -> str:
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # Excel's "Unicode text"
    text = content.decode("utf-16" if utf16 else "utf-8-sig")
    return unicodedata.normalize("NFC", text)


def _start(lines: list[str]) -> tuple[int, str]:
    """Number of lines above the headings, and the separator."""
    first = _comments(lines)
    if lines and (said := _SEP_LINE.fullmatch(lines[0].rstrip("\r\n"))):
        return 1, said[1]
    while first < len(lines) and not lines[first].strip():
        first += 1
    if first + 1 < len(lines) and lines[first].strip().isdecimal():
        first += 1
    if first >= len(lines):
        return first, ","
    offered = [separator for separator in SEPARATORS if separator in lines[first]]
    return first, max(offered, key=lambda separator: _fitting_rows(lines, first, separator), default=SPACE)


def _comments(lines: list[str]) -> int:
    """How many lines of comment stand above the table; a heading that begins with # loses that sign."""
    first = 0
    while first + 1 < len(lines) and lines[first].startswith("#") and lines[first + 1].startswith("#"):
        first += 1
    if first + 1 >= len(lines) or not lines[first].startswith("#"):
        return first
    said, row = lines[first].lstrip("# \t"), lines[first + 1]
    for separator in (*SEPARATORS, SPACE):
        if separator in row.strip():
            split = None if separator == SPACE else separator
            heads = len(said.strip().split(split)) == len(row.strip().split(split))
            lines[first] = said if heads else lines[first]
            return first if heads else first + 1
    return first + 1


def _fitting_rows(lines: list[str], first: int, separator: str) -> tuple[int, int]:
    """How many of the first rows have as many cells as the heading, and how many cells that has."""
    probe = lines[: first + PROBED_ROWS]
    try:
        (_, header), *rows = _cells(probe, first, separator)
    except csv.Error:  # a quoted cell may be cut here
        return 0, lines[first].count(separator)
    return sum(len(cells) in (len(header), len(header) + 1) for _, cells in rows), len(header)


def _cells(lines: list[str], first: int, separator: str) -> list[tuple[int, list[str]]]:
    """Line number and cells of every line that is not empty."""
    given: Iterator[str] = iter(lines[first:])
    if separator == SPACE:
        given = (line.replace("\t", SPACE).strip() for line in given)
    reader = csv.reader(given, delimiter=separator, skipinitialspace=True, strict=True)
    return [
        (first + reader.line_num, [cell.strip() for cell in cells])
        for cells in reader
        if any(map(str.strip, cells))
    ]


def _with_every_heading(table: TextTable) -> TextTable:
    """One heading per column, and no column that says nothing.

    CelebA heads the attributes alone, R's `write.table` all columns but the row numbers.
    """
    widths = {len(cells) for _, cells in table.rows}
    one_more = bool(table.header) and widths == {len(table.header) + 1}
    if one_more and any(cells[-1] for _, cells in table.rows):
        return _without_row_numbers(replace(table, header=["", *table.header]), starts=(1,))
    if one_more:  # a separator at the end of each row
        table = replace(table, rows=[(line, cells[:-1]) for line, cells in table.rows])
    return _without_row_numbers(_without_empty_columns(table), starts=(0, 1))


def _without_empty_columns(table: TextTable) -> TextTable:
    """Excel writes separators for columns in which nothing is left."""
    empty = [
        column
        for column, heading in enumerate(table.header)
        if not heading and not any(cells[column] for _, cells in table.rows if column < len(cells))
    ]
    return _without_columns(table, empty)


def _without_row_numbers(table: TextTable, starts: tuple[int, ...]) -> TextTable:
    """pandas counts rows from 0, R from 1."""
    numbers = [cells[0] for _, cells in table.rows]
    counted = [[str(start + place) for place in range(len(numbers))] for start in starts]
    if len(table.header) > 2 and not table.header[0] and numbers in counted:
        return _without_columns(table, [0])
    return table


def _without_columns(table: TextTable, columns: list[int]) -> TextTable:
    if not columns:
        return table

    def rest(cells: list[str]) -> list[str]:
        return [cell for column, cell in enumerate(cells) if column not in columns]

    return replace(table, header=rest(table.header), rows=[(line, rest(cells)) for line, cells in table.rows])
