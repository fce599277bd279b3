"""Axes as JSON, one object per axis; exact: the shortest decimals that give the same float64."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from tlgan.axes.axes import Axes
from tlgan.errors import UserError
from tlgan.formats.columns import (
    FILE_TEXTS,
    NAMES_AND_DIRECTIONS,
    SINGULAR,
    ImportedAxes,
    columns_from_entries,
    from_columns,
    lost_regressor,
    shortened,
    to_columns,
)
from tlgan.limits.structured_text import parse_json
from tlgan.storage.atomic_files import MAX_TEXT_BYTES, check_size, reading, replacing


def write_json(axes: Axes, path: Path) -> list[str]:
    """Write JSON; nothing but a regressor is lost. Unknown numbers are null, as JSON has no NaN."""
    columns = to_columns(axes)
    entries = []
    for row in range(len(axes)):
        entry = {singular: _scalar(columns[field][row]) for field, singular in SINGULAR.items()}
        entry["direction"] = axes.directions[row].tolist()
        entry["raw_direction"] = axes.raw_directions[row].tolist()
        entries.append(entry)
    head = {name: columns[name] for name in ("format", "format_version", *FILE_TEXTS)}
    document = {**head, "base": list(axes.base), "latent_dim": axes.latent_dim, "axes": entries}
    with replacing(path) as partial, partial.open("w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False, allow_nan=False, indent=1)
        file.write("\n")
    return lost_regressor(axes)


def read_json(path: Path, latent_space: str | None = None) -> ImportedAxes:
    """Read JSON: an object with a list `axes` of objects that have at least `name` and `direction`."""
    with reading(path, "a JSON file", ValueError, TypeError, OverflowError):
        check_size(path, MAX_TEXT_BYTES)
        document = parse_json(path.read_bytes())
        entries = document.get("axes") if isinstance(document, dict) else None
        if not isinstance(entries, list) or not entries or not all(isinstance(e, dict) for e in entries):
            there = (
                shortened(sorted(document)) if isinstance(document, dict) else f"a {type(document).__name__}"
            )
            raise UserError(
                f"must be an object with a list `axes` of objects. It has {there}. {NAMES_AND_DIRECTIONS}"
            )
        columns: dict[str, Any] = {
            name: document[name]
            for name in ("format", "format_version", *FILE_TEXTS, "base")
            if name in document
        }
        return from_columns(columns | columns_from_entries(entries), latent_space, sorted(entries[0]))


def _scalar(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and math.isnan(plain) else plain
