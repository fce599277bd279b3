"""Axes as CSV, one row per axis; exact: the shortest decimals that give the same float64."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

from tlgan.axes.axes import PER_AXIS_NUMBERS, Axes
from tlgan.errors import UserError
from tlgan.formats.columns import (
    FILE_TEXTS,
    PER_AXIS_TEXTS,
    SINGULAR,
    ImportedAxes,
    columns_from_entries,
    from_columns,
    lost_regressor,
    to_columns,
)
from tlgan.limits.structured_text import parse_json
from tlgan.storage.atomic_files import MAX_TEXT_BYTES, check_size, reading, replacing

_DECIMAL_COMMA = re.compile(r"([+-]?\d+),(\d+(?:[eE][+-]?\d+)?)\Z")


def write_csv(axes: Axes, path: Path) -> list[str]:
    """Write CSV (UTF-8, comma, one header line); nothing but a regressor is lost.

    Columns: `name`, `kind`, `unit`, `slope`, `intercept`, `angular_error`, `held_out`, `n_samples`, the optional
    numbers of `Axes`; then, the same in every row, `latent_space`, `generator`, `generator_sha256`, `method`, `base`
    (a JSON list);
    then `direction_0` ... and `raw_direction_0` ... An empty number is unknown.
    """
    columns = to_columns(axes)
    numbered = range(axes.latent_dim)
    header = [*SINGULAR.values(), *FILE_TEXTS, "base"]
    header += [f"direction_{d}" for d in numbered] + [f"raw_direction_{d}" for d in numbered]
    of_file = [columns[name] for name in FILE_TEXTS] + [json.dumps(axes.base, ensure_ascii=False)]
    with replacing(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in range(len(axes)):
            per_axis = [_cell(columns[field][row]) for field in SINGULAR]
            vectors = [*axes.directions[row].tolist(), *axes.raw_directions[row].tolist()]
            writer.writerow(per_axis + of_file + [_cell(value) for value in vectors])
    return lost_regressor(axes)


def read_csv(path: Path, latent_space: str | None = None) -> ImportedAxes:
    """Read CSV with at least the columns `name` and `direction_0` to `direction_<D-1>`.

    Commas, semicolons or tabs separate; with semicolons or tabs, numbers may have decimal commas.
    """
    with reading(path, "a CSV file", ValueError, csv.Error):
        check_size(path, MAX_TEXT_BYTES)
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            if said := re.fullmatch(r'"?sep=(.)"?\s*', first):  # Excel's, where it is not in the heading
                first = file.readline()
            else:
                file.seek(0)
            separator = said[1] if said else max(",;\t", key=first.count)
            lines = [first, *file] if said else file
            reader = csv.reader(lines, delimiter=separator, strict=True)
            header = next(reader, [])
            rows = [row for row in reader if row]
        seen: set[str] = set()
        for name in header:
            if name in seen:
                raise UserError(f"must have each column once. {name[:80]!r} is there twice.")
            seen.add(name)
        if not rows:
            raise UserError("must have a header line and a row per axis. Got no row.")
        for line, row in enumerate(rows, start=2):
            if len(row) != len(header):
                raise UserError(
                    f"row {line} must have as many cells as the header ({len(header)}). Got {len(row)}."
                )
        if separator != ",":  # Excel takes another where the comma is a decimal one
            rows = [_with_points(header, row) for row in rows]
        return from_columns(_columns(header, rows), latent_space, header)


def _with_points(header: list[str], row: list[str]) -> list[str]:
    """A row with points in place of decimal commas in its numbers."""
    texts = {*(SINGULAR[field] for field in PER_AXIS_TEXTS), *FILE_TEXTS, "base"}
    cells = zip(header, row, strict=True)
    return [cell if name in texts else _DECIMAL_COMMA.sub(r"\1.\2", cell) for name, cell in cells]


def _columns(header: list[str], rows: list[list[str]]) -> dict[str, Any]:
    at = {name: column for column, name in enumerate(header)}
    entries: list[dict[str, Any]] = [{} for _ in rows]
    for field, key in SINGULAR.items():
        if key in at:
            for entry, row in zip(entries, rows, strict=True):
                entry[key] = _value(field, row[at[key]])
    for key in ("direction", "raw_direction"):
        where = [at[f"{key}_{d}"] for d in range(len(header)) if f"{key}_{d}" in at]
        if where:
            if f"{key}_{len(where) - 1}" not in at:
                raise UserError(f"must have the columns {key}_0 to {key}_{len(where) - 1} without gaps.")
            for entry, row in zip(entries, rows, strict=True):
                entry[key] = [float(row[column]) for column in where]
    columns = columns_from_entries(entries)
    for name in (*FILE_TEXTS, "base"):
        if name in at:
            values = {row[at[name]] for row in rows}
            if len(values) > 1:
                raise UserError(
                    f"column {name!r} must say the same in every row. Got {len(values)} different values."
                )
            columns[name] = parse_json(values.pop()) if name == "base" else values.pop()
    return columns


def _value(field: str, cell: str) -> Any:
    if field in PER_AXIS_NUMBERS:
        return float(cell) if cell.strip() else None
    if field == "n_samples":
        return int(cell) if cell.strip() else 0
    return cell


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value != value else repr(value.item() if hasattr(value, "item") else value)
