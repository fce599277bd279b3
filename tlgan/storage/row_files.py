"""Artefacts that grow row by row: crash-safe HDF5 files, appended in place, published when whole.

All datasets have a fixed, contiguous place from the start, so writing rows never touches HDF5's
own bookkeeping: a process may die, or the disk fill up, at any moment and the file stays valid up
to its `rows_done`. Rows are written and synced before the counter is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from tlgan.errors import UserError

MEND = "Delete it and run the stage again."


@dataclass(frozen=True)
class RowDataset:
    """One dataset of a row file: the shape and type of a row."""

    name: str
    row_shape: tuple[int, ...]
    dtype: str


def partial_path(path: Path) -> Path:
    """Where the unfinished rows of `path` lie."""
    return path.with_name(path.name + ".partial")


def rows_done(path: Path) -> int:
    """Rows that a file holds, finished or not; 0 where there is none that can be read."""
    try:
        with h5py.File(path, "r") as file:
            return int(file["rows_done"][0])
    except (OSError, KeyError, TypeError, ValueError):  # absent, truncated, or something else altogether
        return 0


class RowWriter:
    """Appends rows to an artefact, from where the last writer stopped.

    Use as a context manager. On a normal end with all rows written the file gets its finished
    name; otherwise the rows stay in `<name>.partial` and the next writer goes on there.

    Parameters
    ----------
    path : Path of the finished file
    columns : sequence of RowDataset
    capacity : int, rows to be written in all
    attributes : mapping, root attributes of a new file (strings and numbers; JSON for the rest)
    """

    def __init__(
        self, path: Path, columns: Sequence[RowDataset], capacity: int, attributes: Mapping[str, Any]
    ) -> None:
        self.path, self.columns, self.capacity = Path(path), tuple(columns), capacity
        self._partial = partial_path(self.path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._attributes = dict(attributes)

    def __enter__(self) -> RowWriter:
        source = max((self._partial, self.path), key=rows_done)
        self.done = min(rows_done(source), self.capacity)
        if not self.done or source == self.path or self._capacity_of(source) < self.capacity:
            self._create(source if self.done else None)
        self._offsets = _dataset_offsets(self._partial)
        self._descriptor = os.open(self._partial, os.O_RDWR)
        return self

    def append(self, rows: Mapping[str, NDArray[Any]]) -> None:
        """Write the next rows of every column, all with the same number of rows."""
        counts = {len(values) for values in rows.values()}
        if set(rows) != {column.name for column in self.columns} or len(counts) != 1:
            raise ValueError(f"append takes equally many rows of {[column.name for column in self.columns]}")
        count = counts.pop()
        if not count:
            return
        if self.done + count > self.capacity:
            raise ValueError(f"{self.done + count} rows do not fit into {self.capacity}")
        for column in self.columns:
            values = np.ascontiguousarray(rows[column.name], dtype=column.dtype)
            if values.shape[1:] != column.row_shape:
                raise ValueError(f"rows of {column.name} must be {column.row_shape}, got {values.shape[1:]}")
            _write(self._descriptor, values, self._offsets[column.name] + self.done * _row_bytes(column))
        os.fdatasync(self._descriptor)
        self.done += count
        _write(self._descriptor, np.array([self.done], dtype="<i8"), self._offsets["rows_done"])
        os.fdatasync(self._descriptor)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
        if kind is None and self.done == self.capacity:
            os.replace(self._partial, self.path)

    def finish_early(self) -> None:
        """Declare that there are no more rows than those written."""
        self.capacity = self.done

    def _capacity_of(self, path: Path) -> int:
        with h5py.File(path, "r") as file:
            return int(file[self.columns[0].name].shape[0])

    def _create(self, source: Path | None) -> None:
        """A new file with room for all rows, and the rows of `source`."""
        fresh = self._partial.with_name(self._partial.name + ".new")
        try:
            with h5py.File(fresh, "w") as file:
                file.attrs.update(self._attributes)
                file.create_dataset("rows_done", data=np.array([self.done], dtype="<i8"))
                for column in self.columns:
                    _preallocate(file, column, self.capacity)
            if source is not None:
                self._copy(source, fresh)
            os.replace(fresh, self._partial)
        finally:
            fresh.unlink(missing_ok=True)

    def _copy(self, source: Path, destination: Path) -> None:
        """The rows done, byte by byte: a full disk is an ordinary OSError here, and never HDF5's trouble."""
        places = _dataset_offsets(destination)
        descriptor = os.open(destination, os.O_RDWR)
        try:
            for column in self.columns:
                rows = map_rows(source, column.name, self.done)
                for start in range(0, self.done, 4096):
                    part = np.ascontiguousarray(rows[start : start + 4096])
                    _write(descriptor, part, places[column.name] + start * _row_bytes(column))
        finally:
            os.close(descriptor)


def _dataset_offsets(path: Path) -> dict[str, int]:
    with h5py.File(path, "r") as file:
        return {name: file[name].id.get_offset() for name in file}


def _write(descriptor: int, values: NDArray[Any], offset: int) -> None:
    view = values.data.cast("B")
    while len(view):
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def _row_bytes(column: RowDataset) -> int:
    return int(np.prod(column.row_shape, dtype=np.int64)) * np.dtype(column.dtype).itemsize


def _preallocate(file: h5py.File, column: RowDataset, rows: int) -> None:
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    layout.set_layout(h5py.h5d.CONTIGUOUS)
    layout.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    layout.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    layout.set_obj_track_times(False)
    space = h5py.h5s.create_simple((rows, *column.row_shape))
    name = column.name.encode()
    h5py.h5d.create(file.id, name, h5py.h5t.py_create(np.dtype(column.dtype)), space, layout)


def map_rows(path: Path, name: str, count: int | None = None) -> NDArray[Any]:
    """The first `count` rows of a dataset (all that are done by default), mapped, not read.

    Raises
    ------
    UserError
        Where the file cannot be read, lacks the dataset, or has fewer rows.
    """
    path = Path(path)
    try:
        with h5py.File(path, "r") as file:
            dataset = file[name]
            done = int(file["rows_done"][0])
            offset, shape, dtype = dataset.id.get_offset(), dataset.shape, dataset.dtype
            if offset is None:
                raise TypeError(f"{name} does not lie in one piece")
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{path}: not a readable artefact ({error}). {MEND}") from error
    count = done if count is None else count
    if count > done:
        raise UserError(f"{path}: must hold {count} rows. Got {done}. Run the stage again to add the rest.")
    if not count:
        return np.empty((0, *shape[1:]), dtype)
    return np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=(count, *shape[1:]))


def read_attributes(path: Path) -> dict[str, Any]:
    """Root attributes of an artefact; those whose name ends in `_json` are decoded, without the ending."""
    try:
        with h5py.File(path, "r") as file:
            attributes = dict(file.attrs)
        decoded: dict[str, Any] = {}
        for name, value in attributes.items():
            if name.endswith("_json"):
                decoded[name.removesuffix("_json")] = json.loads(value)
            else:
                decoded[name] = value.item() if isinstance(value, np.generic) else value
    except (OSError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not a readable artefact ({error}). {MEND}") from error
    return decoded
