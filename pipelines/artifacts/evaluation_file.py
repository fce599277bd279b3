"""The file of an evaluation: tables as `evaluation-<key>.json` and, with arrays, `.h5`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import h5py
import msgspec
import numpy as np

from pipelines.workflow.checked_json import read_json, write_json
from pipelines.workflow.paths import in_cache
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.storage.atomic_files import reading, replacing
from tlgan.storage.checksums import REMEDY, reading_hdf5, writing_hdf5
from tlgan.storage.hdf5_validation import DAMAGE, check_own_numbers

EVALUATION_VERSION = 7  # of the tables; raised when they hold other things


def evaluation_path(fingerprint: str) -> Path:
    """Where the tables of an evaluation lie."""
    return in_cache("evaluation")(fingerprint).with_suffix(".json")


def write_evaluation(step: Step, tables: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Write the arrays beside the tables, the tables last: they say that all is there."""
    step.output.parent.mkdir(parents=True, exist_ok=True)
    with replacing(step.output.with_suffix(".h5")) as path, writing_hdf5(path) as file:
        file.attrs.update(step.attributes())
        for field in ("axes", "attributes", "edits", "steps"):
            file.attrs[f"{field}_json"] = json.dumps(tables[field])
        for name, values in arrays.items():
            file.create_dataset(name, data=values)
    facts = {key: value for key, value in step.attributes().items() if not key.endswith("_json")}
    write_json(step.output, plain_json({**facts, **tables}))


def read_evaluation(path: Path) -> dict[str, Any]:
    """Read the tables of an evaluation; numbers that could not be computed are None.

    Raises
    ------
    UserError
        Where the file is damaged.
    """
    tables = read_json(path, REMEDY)[0]
    try:
        msgspec.convert(tables, _Tables)
    except msgspec.ValidationError as error:
        raise UserError(f"{path}: is no evaluation ({error}). {REMEDY}") from error
    return tables


class _EditTable(msgspec.Struct):
    by_axis: list[dict[str, Any]]


class _Tables(msgspec.Struct):
    """What every reader of an evaluation goes by."""

    edits: Annotated[list[str], msgspec.Meta(min_length=1)]
    axes: list[str]
    equal_changes: Annotated[list[float], msgspec.Meta(min_length=1)]
    by_edit: dict[str, _EditTable]
    attributes: list[str] = []
    steps: list[float] = []


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of an evaluation, by name, from the file beside its tables; UserError where it is damaged."""
    arrays_path = path.with_suffix(".h5")
    with (
        reading(arrays_path, "the arrays of an evaluation", *DAMAGE, remedy=REMEDY),
        reading_hdf5(arrays_path) as file,
    ):
        check_own_numbers(file, REMEDY)
        arrays: dict[str, np.ndarray] = {}
        file.visititems(
            lambda name, item: arrays.update({name: item[...]}) if isinstance(item, h5py.Dataset) else None
        )
    return arrays


def plain_json(content: Any) -> Any:
    """Convert to JSON's own types; NaN and infinity become None, numbers keep six digits."""
    if dataclasses.is_dataclass(content) and not isinstance(content, type):
        return plain_json(dataclasses.asdict(content))
    if isinstance(content, dict):
        return {str(key): plain_json(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [plain_json(value) for value in content]
    if isinstance(content, np.ndarray):
        return plain_json(content.tolist())
    if isinstance(content, np.generic):
        return plain_json(content.item())
    if isinstance(content, float):
        return float(f"{content:.6g}") if np.isfinite(content) else None
    return content
