"""Steps whose output is a small file of rows."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.workflow.step import Step
from tests.pipelines.planted_fits import step_at
from tlgan.storage.row_files import RowDataset, RowWriter


def write_rows(path: Path, attributes: dict[str, Any], **columns: np.ndarray) -> Step:
    """A step whose file has these columns, and which counts one row fewer than the file has.

    Attributes that are no texts are stored as JSON, as stages store them.
    """
    count = len(next(iter(columns.values())))
    datasets = [RowDataset(name, values.shape[1:], values.dtype.str) for name, values in columns.items()]
    facts = {
        name if isinstance(value, str) else f"{name}_json": value
        if isinstance(value, str)
        else json.dumps(value)
        for name, value in attributes.items()
    }
    with RowWriter(path, datasets, count, facts) as writer:
        writer.append(columns)
    return dataclasses.replace(step_at(path), rows=count - 1)
