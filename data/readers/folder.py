"""Open any folder of images with a table of labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.images.archives import FileArchive, open_archive, skipped_others
from data.images.decode import SkipLog
from data.images.image_names import TABLE_ENDINGS
from data.images.labelled_images import UNKNOWN_IDENTITY, UNKNOWN_PARTITION, LabelledImages
from data.readers.file_names import FileNames, plain_name
from data.readers.label_columns import parse_column, parse_header
from data.readers.text_table import TextTable, read_text_table
from tlgan.errors import UserError

RAGGED = "table row with a wrong number of cells"
NO_TABLE_ROW = "image without a row in the table"
SHOWN = 5  # names that a message lists

_PARTITIONS = {"": UNKNOWN_PARTITION}
_PARTITIONS |= dict.fromkeys(("0", "train", "training"), 0)
_PARTITIONS |= dict.fromkeys(("1", "validation", "val", "valid", "dev"), 1)
_PARTITIONS |= dict.fromkeys(("2", "test", "testing", "eval"), 2)
_ALSO_PARTITION = ("split", "set", "subset")  # headings that may mean it, where all the words do
_OF_PARTITIONS = ("partition", "split")  # in the name of a table of file names and parts


@dataclass(frozen=True)
class _Rows:
    """Rows of a table that belong to pictures, in the order of the pictures."""

    pictures: list[int]
    lines: list[int]
    cells: list[list[str]]
    absent: list[str]
    ragged: tuple[str, ...]


def open_folder(folder: str | Path, table: str | Path | None = None) -> LabelledImages:
    """Open a folder (or a .tar or .zip) of images with a table of labels.

    The first column of the table holds file names, relative to the folder; every further column is a
    label. An empty cell, `nan`, `NA` or `?` is unknown. Values of 0 and 1 (or -1 and 1) make a
    binary label, other numbers a continuous, words a categorical one; a heading such as
    `Age:continuous:years` says kind and unit itself. Two headings are special: `identity` (any text,
    one per person) and `partition` or `split` (train, validation, test or 0, 1, 2). Without the latter, a
    table beside it with "partition" or "split" in its name, of file names and parts, says the same.

    Parameters
    ----------
    folder : path
    table : path or None
        Separated by commas, semicolons, tabs or spaces; see `data.readers.text_table`. None is the one .csv
        in the folder, or else the one .tsv or .txt (of several, the one with "attr" or "label" in its name).

    Raises
    ------
    UserError
        Missing or unreadable table, no or repeated headings, a name that may be one of two images, a
        repeated file name, a value that does not fit its column, or no image with a whole row.
    """
    folder = Path(folder)
    archive = open_archive(folder)
    path, note = find_table(folder) if table is None else (Path(table), "")
    content = _with_plain_headings(read_text_table(path))
    rows = _match(content, archive, folder)
    if not rows.pictures:
        named = f" It names {rows.absent[0]!r}." if rows.absent else ""
        raise UserError(
            f"{path}: must have a whole row for the images in {folder}. Got none for {archive.names[0]}.{named} "
            "Write the file names, relative to the folder, into the first column."
        )
    cells = {heading: [row[i] for row in rows.cells] for i, heading in enumerate(content.header) if i}
    identity = _identities(cells.pop("identity", None), len(rows.lines))
    partition, notes = _partitions(path, rows.lines, cells.pop("partition", None), len(rows.lines)), [note]
    parts = _partition_table(folder, path) if (partition == UNKNOWN_PARTITION).all() else None
    if parts is not None:
        partition = _read_partitions(parts, archive, folder)[rows.pictures]
        notes.append(f"the split is that of {parts.name}")
    columns = [
        parse_column(path, parse_header(path, heading), rows.lines, values, content.separator)
        for heading, values in cells.items()
    ]
    labels = [column.values for column in columns]
    return LabelledImages(
        names=tuple(column.name for column in columns),
        kinds=tuple(column.kind for column in columns),
        units=tuple(column.unit for column in columns),
        labels=np.stack(labels, axis=1) if labels else np.empty((len(rows.lines), 0), dtype=np.float32),
        files=tuple(archive.names[row] for row in rows.pictures),
        archive=archive.select(rows.pictures),
        identity=identity,
        partition=partition,
        categories={column.name: column.categories for column in columns if column.kind == "categorical"},
        skipped=_skipped(archive, rows, path),
        table_rows_without_image=len(rows.absent),
        missing_images=tuple(rows.absent[:SHOWN]),
        notes=(*filter(None, notes), *(note for column in columns for note in column.notes)),
        inputs=(folder, path, *([parts] if parts else [])),
    )


def find_table(folder: Path) -> tuple[Path, str]:
    """The table of labels in a folder, or beside an archive; and a note where it was chosen among several.

    Raises
    ------
    UserError
        Where there is none, or several might be it.
    """
    found = [path for path in _tables(folder) if not _is_of_partitions(path)] or _tables(folder)
    tables = [path for path in found if path.suffix.lower() == ".csv"] or found
    if len(tables) > 1:
        named = [path for path in tables if "attr" in path.name.lower() or "label" in path.name.lower()]
        tables = named if len(named) == 1 else tables
    if len(tables) != 1:
        got = ", ".join(table.name for table in tables[:SHOWN]) or "none"
        raise UserError(
            f"{folder}: must hold one .csv of labels. Got {got}. Name the table: `data.table` in the recipe."
        )
    chosen = f"the labels are those of {tables[0].name}; `data.table` names another" if len(found) > 1 else ""
    return tables[0], chosen


def _tables(folder: Path) -> list[Path]:
    place = folder if folder.is_dir() else folder.parent
    return [path for path in sorted(place.iterdir()) if path.suffix.lower() in TABLE_ENDINGS]


def _is_of_partitions(path: Path) -> bool:
    return any(word in path.stem.lower() for word in _OF_PARTITIONS)


def _partition_table(folder: Path, labels: Path) -> Path | None:
    """The one table of parts beside the table of labels; None where there is none, or are several."""
    tables = [path for path in _tables(folder) if _is_of_partitions(path) and path != labels]
    return tables[0] if len(tables) == 1 else None


def _read_partitions(path: Path, archive: FileArchive, folder: Path) -> NDArray[np.uint8]:
    """The part of every picture of an archive, from a table of file names and parts, with a heading or none."""
    table = read_text_table(path)
    rows = [(1, table.header), *table.rows]
    if len(table.header) == 2 and table.header[1].lower() not in _PARTITIONS:
        rows = table.rows
    names = FileNames(archive.names, folder.resolve().name)
    parts = np.full(len(archive), UNKNOWN_PARTITION, dtype=np.uint8)
    for line, cells in rows:
        if len(cells) != 2 or cells[1].lower() not in _PARTITIONS:
            got = " ".join(cells)[:60]
            raise UserError(
                f"{path}: line {line} must be a file name and train, validation or test. Got {got!r}."
            )
        row = names.find(cells[0])
        if row is not None:
            parts[row] = _PARTITIONS[cells[1].lower()]
    return parts


def _match(content: TextTable, archive: FileArchive, folder: Path) -> _Rows:
    """The rows of a table whose first cell names a picture."""
    names = FileNames(archive.names, folder.resolve().name)
    found: dict[int, tuple[int, list[str]]] = {}
    absent: list[str] = []
    ragged: list[str] = []
    for line, cells in content.rows:
        try:
            row = names.find(cells[0])
        except UserError as error:
            raise UserError(f"{content.path}: line {line}: {error}") from None
        if len(cells) != len(content.header):
            ragged.append(plain_name(cells[0]))
        elif row is None:
            absent.append(plain_name(cells[0]))
        elif row in found:
            raise UserError(
                f"{content.path}: line {line} repeats {plain_name(cells[0])} of line {found[row][0]}. Remove one."
            )
        else:
            found[row] = (line, cells)
    pictures = sorted(found)
    lines, kept = [found[row][0] for row in pictures], [found[row][1] for row in pictures]
    return _Rows(pictures, lines, kept, absent, tuple(ragged))


def _skipped(archive: FileArchive, rows: _Rows, table: Path) -> dict[str, tuple[str, ...]]:
    """Pictures and files that are no rows, by reason."""
    ragged = {plain_name(name) for name in rows.ragged}
    skipped = SkipLog({RAGGED: rows.ragged} if rows.ragged else None)
    for row in sorted(set(range(len(archive))) - set(rows.pictures)):
        if plain_name(archive.names[row]) not in ragged:
            skipped.add(NO_TABLE_ROW, archive.names[row])
    return skipped.as_dict() | skipped_others(archive, table)


def _with_plain_headings(content: TextTable) -> TextTable:
    """The table with its two special headings in lower case, once they are checked."""
    _check_header(content.path, content.header)
    header = [content.header[0]]
    for column, heading in enumerate(content.header[1:], start=1):
        plain = heading.lower()
        if plain in _ALSO_PARTITION:
            words = {cells[column].lower() for _, cells in content.rows if len(cells) == len(content.header)}
            if words <= _PARTITIONS.keys() and any(map(str.isalpha, words)):
                plain = "partition"
        header.append(plain if plain in ("identity", "partition") else heading)
    _check_header(content.path, header)
    return replace(content, header=header)


def _check_header(path: Path, header: list[str]) -> None:
    if len(header) < 2:
        raise UserError(
            f"{path}: must have a file name and a label column. Got {len(header)} columns. Add labels."
        )
    for number, name in enumerate(header[1:], start=2):
        if not name:
            raise UserError(f"{path}: column {number} must have a heading. Got none. Name or remove it.")
    names = [name.split(":")[0].strip() for name in header[1:]]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise UserError(f"{path}: headings must differ. Got {repeated!r} twice. Rename one.")


def _identities(cells: Sequence[str] | None, count: int) -> NDArray[np.int32]:
    if cells is None:
        return np.full(count, UNKNOWN_IDENTITY, dtype=np.int32)
    number = {name: i for i, name in enumerate(sorted({cell for cell in cells if cell}))}
    return np.array([number.get(cell, UNKNOWN_IDENTITY) for cell in cells], dtype=np.int32)


def _partitions(
    path: Path, lines: Sequence[int], cells: Sequence[str] | None, count: int
) -> NDArray[np.uint8]:
    if cells is None:
        return np.full(count, UNKNOWN_PARTITION, dtype=np.uint8)
    for line, cell in zip(lines, cells, strict=True):
        if cell.lower() not in _PARTITIONS:
            raise UserError(
                f"{path}: line {line}: `partition` must be train, validation or test. Got {cell!r}. Correct it."
            )
    return np.array([_PARTITIONS[cell.lower()] for cell in cells], dtype=np.uint8)
