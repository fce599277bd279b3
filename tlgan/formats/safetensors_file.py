"""Axes as safetensors: numbers as tensors, texts in the metadata; all fields, exact."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tlgan.axes.axes import PER_AXIS_NUMBERS, Axes
from tlgan.errors import UserError
from tlgan.formats import regressor_columns
from tlgan.formats.columns import FILE_TEXTS, PER_AXIS_TEXTS, ImportedAxes, from_columns, to_columns
from tlgan.limits.structured_text import parse_json
from tlgan.storage.atomic_files import check_size, reading, replacing

TENSORS = ("directions", "raw_directions", *PER_AXIS_NUMBERS, "n_samples", *regressor_columns.ARRAYS)
JSON_LISTS = (*PER_AXIS_TEXTS, "base", *regressor_columns.LISTS)
TEXTS = (*FILE_TEXTS, "format", "format_version", *regressor_columns.TEXTS, regressor_columns.VERSION)
READABLE = ("F64", "F32", "F16", "I64", "I32")


def write_safetensors(axes: Axes, path: Path) -> list[str]:
    """Write safetensors; nothing is lost. Lists of texts are JSON in the metadata.

    The library puts the metadata in no fixed order, so the same axes may give different bytes.
    """
    numpy_format = _library("safetensors.numpy")
    columns = to_columns(axes)
    tensors = {name: columns[name] for name in TENSORS if name in columns}
    metadata = {name: json.dumps(columns[name], ensure_ascii=False) for name in JSON_LISTS if name in columns}
    metadata |= {name: str(columns[name]) for name in TEXTS if name in columns}
    with replacing(path) as partial:
        partial.write_bytes(numpy_format.save(tensors, metadata=metadata))
    return []


def read_safetensors(path: Path, latent_space: str | None = None) -> ImportedAxes:
    """Read safetensors with at least the tensor `directions` and `names` in the metadata (a JSON list)."""
    library = _library("safetensors")
    with reading(path, "a safetensors file", library.SafetensorError, ValueError, TypeError):
        check_size(path)
        with library.safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            columns: dict[str, Any] = {name: metadata[name] for name in TEXTS if name in metadata}
            columns |= {name: _names(name, metadata[name]) for name in JSON_LISTS if name in metadata}
            for name in set(TENSORS) & set(file.keys()):
                kind = file.get_slice(name).get_dtype()
                if kind not in READABLE:
                    raise UserError(f"{name!r} must be one of {', '.join(READABLE)}. Got {kind}.")
                columns[name] = file.get_tensor(name)
            there = sorted([*file.keys(), *(f"metadata {name}" for name in metadata)])
        return from_columns(columns, latent_space, there)


def _names(name: str, text: str) -> list[str]:
    values = parse_json(text)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise UserError(f"metadata {name!r} must be a JSON list of texts. Got {text!r:.80}.")
    return values


def _library(module: str) -> Any:
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UserError(
            "The safetensors format needs the package of that name; install it with "
            "`pip install tlgan[safetensors]`."
        ) from error
