"""Open any folder of images with a CSV table of labels."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from data.images.archives import ImageArchive, index_base_names, open_archive
from data.images.decode import SkipLog
from data.images.labelled_images import UNKNOWN_IDENTITY, UNKNOWN_PARTITION, LabelledImages
from data.readers.label_columns import LabelColumn, parse_column, parse_header
from tlgan.errors import UserError

RAGGED = "table row with a wrong number of cells"
NO_TABLE_ROW = "image without a row in the table"

_PARTITIONS = {
    "0": 0,
    "train": 0,
    "1": 1,
    "validation": 1,
    "val": 1,
    "2": 2,
    "test": 2,
    "": UNKNOWN_PARTITION,
}


@dataclass(frozen=True)
class _Table:
    header: list[str]
    rows: dict[int, tuple[int, list[str]]]  # row of the archive -> (line, cells after the file name)
    rows_without_image: int
    ragged: tuple[str, ...]


def open_folder(folder: str | Path, table: str | Path | None = None) -> LabelledImages:
    """Open a folder (or a .tar or .zip) of images with a CSV of labels.

    The first column of the table holds file names, relative to the folder; every further column is a
    label. An empty cell, `nan`, `NA` or `?` is unknown. Values of 0 and 1 (or -1 and 1) make a
    binary label, other numbers a continuous, words a categorical one; a heading such as
    `Age:continuous:years` says kind and unit itself. Two headings are special: `identity` (any text,
    one per person) and `partition` (train, validation, test or 0, 1, 2).

    Parameters
    ----------
    folder : path
    table : path or None
        UTF-8, separated by commas, semicolons or tabs. None is the one .csv in the folder.

    Raises
    ------
    UserError
        Missing or unreadable table, no or repeated headings, a repeated file name, a value that does
        not fit its column, or no image with a whole row.
    """
    folder = Path(folder)
    archive = open_archive(folder)
    table = _only_table(folder) if table is None else Path(table)
    content = _read_table(table, archive)
    rows = sorted(content.rows)
    if not rows:
        raise UserError(
            f"{table}: must have a whole row for the images in {folder}. Got none for {archive.names[0]}. "
            "Write the file names, relative to the folder, into the first column."
        )
    lines = [content.rows[row][0] for row in rows]
    cells = {name: [content.rows[row][1][i] for row in rows] for i, name in enumerate(content.header)}
    identity = _identities(cells.pop("identity", None), len(rows))
    partition = _partitions(table, lines, cells.pop("partition", None), len(rows))
    columns: list[LabelColumn] = [
        parse_column(table, parse_header(table, name), lines, values) for name, values in cells.items()
    ]
    skipped = SkipLog({RAGGED: content.ragged} if content.ragged else None)
    for row in sorted(set(range(len(archive))) - set(rows)):
        if archive.names[row] not in content.ragged:
            skipped.add(NO_TABLE_ROW, archive.names[row])
    values = [column.values for column in columns]
    return LabelledImages(
        names=tuple(column.name for column in columns),
        kinds=tuple(column.kind for column in columns),
        units=tuple(column.unit for column in columns),
        labels=np.stack(values, axis=1) if values else np.empty((len(rows), 0), dtype=np.float32),
        files=tuple(archive.names[row] for row in rows),
        archive=archive.select(rows),
        identity=identity,
        partition=partition,
        categories={column.name: column.categories for column in columns if column.kind == "categorical"},
        skipped=skipped.as_dict(),
        table_rows_without_image=content.rows_without_image,
        inputs=(folder, table),
    )


def _only_table(folder: Path) -> Path:
    tables = sorted((folder if folder.is_dir() else folder.parent).glob("*.csv"))
    if len(tables) != 1:
        got = ", ".join(table.name for table in tables) or "none"
        raise UserError(f"{folder}: must hold one .csv of labels. Got {got}. Name the table.")
    return tables[0]


def _read_table(path: Path, archive: ImageArchive) -> _Table:
    by_path = {name: row for row, name in enumerate(archive.names)}
    by_base_name, _ = index_base_names(archive)
    rows: dict[int, tuple[int, list[str]]] = {}
    absent, ragged = 0, []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            separator = _separator(file.readline())
            file.seek(0)
            reader = csv.reader(file, delimiter=separator, skipinitialspace=True, strict=True)
            header = [cell.strip() for cell in next(reader, [])]
            _check_header(path, header)
            for cells in reader:
                if not any(cells):
                    continue
                name = str(PurePosixPath(cells[0].strip().replace("\\", "/")))
                row = by_path.get(name, by_base_name.get(name))
                if len(cells) != len(header):
                    ragged.append(name)
                elif row is None:
                    absent += 1
                elif row in rows:
                    raise UserError(
                        f"{path}: line {reader.line_num} repeats {name} of line {rows[row][0]}. Remove one."
                    )
                else:
                    rows[row] = (reader.line_num, [cell.strip() for cell in cells[1:]])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"{path}: must be a readable UTF-8 CSV. Got: {error}. Save it again as such."
        ) from error
    return _Table(header[1:], rows, absent, tuple(ragged))


def _separator(first_line: str) -> str:
    return max(",;\t", key=first_line.count)


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


def _identities(cells: list[str] | None, count: int) -> NDArray[np.int32]:
    if cells is None:
        return np.full(count, UNKNOWN_IDENTITY, dtype=np.int32)
    number = {name: i for i, name in enumerate(sorted({cell for cell in cells if cell}))}
    return np.array([number.get(cell, UNKNOWN_IDENTITY) for cell in cells], dtype=np.int32)


def _partitions(path: Path, lines: list[int], cells: list[str] | None, count: int) -> NDArray[np.uint8]:
    if cells is None:
        return np.full(count, UNKNOWN_PARTITION, dtype=np.uint8)
    for line, cell in zip(lines, cells, strict=True):
        if cell.lower() not in _PARTITIONS:
            raise UserError(
                f"{path}: line {line}: `partition` must be train, validation or test. Got {cell!r}. Correct it."
            )
    return np.array([_PARTITIONS[cell.lower()] for cell in cells], dtype=np.uint8)
