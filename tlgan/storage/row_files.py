"""Artefacts that grow row by row: HDF5 files that survive a crash and are renamed when complete.

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

REMEDY = "Delete it and run the stage again."


@dataclass(frozen=True)
class RowDataset:
    """A dataset of a row file.

    Attributes
    ----------
    name : str
    row_shape : tuple of int
        Shape of one row; () for one number.
    dtype : str
        NumPy type with its byte order: "<f4", "u1".
    """

    name: str
    row_shape: tuple[int, ...]
    dtype: str


def partial_path(path: Path) -> Path:
    """The file beside `path` that holds its rows while it is unfinished."""
    return path.with_name(path.name + ".partial")


def rows_done(path: Path) -> int:
    """Count the rows of a row file, finished or not; 0 where there is no file that can be read."""
    try:
        with h5py.File(path, "r") as file:
            return int(file["rows_done"][0])
    except (OSError, KeyError, TypeError, ValueError):  # absent, truncated, or something else altogether
        return 0


class RowWriter:
    """Append rows to an artefact, from where the last writer stopped.

    Use as a context manager. On a normal end with all rows written the file gets its finished
    name; otherwise the rows stay in `<name>.partial` and the next writer goes on there.

    Parameters
    ----------
    path : Path
        Of the finished file.
    datasets : sequence of RowDataset
    capacity : int
        Rows to be written in all.
    attributes : mapping
        Root attributes of a new file: strings and numbers; JSON for the rest.
    """

    def __init__(
        self, path: Path, datasets: Sequence[RowDataset], capacity: int, attributes: Mapping[str, Any]
    ) -> None:
        self.path, self.datasets, self.capacity = Path(path), tuple(datasets), capacity
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
        """Write the next rows of every dataset, equally many of each."""
        counts = {len(values) for values in rows.values()}
        if set(rows) != {dataset.name for dataset in self.datasets} or len(counts) != 1:
            raise ValueError(
                f"append takes equally many rows of {[dataset.name for dataset in self.datasets]}"
            )
        count = counts.pop()
        if not count:
            return
        if self.done + count > self.capacity:
            raise ValueError(f"{self.done + count} rows do not fit into {self.capacity}")
        for dataset in self.datasets:
            values = np.ascontiguousarray(rows[dataset.name], dtype=dataset.dtype)
            if values.shape[1:] != dataset.row_shape:
                raise ValueError(
                    f"rows of {dataset.name} must be {dataset.row_shape}, got {values.shape[1:]}"
                )
            if values.size:  # rows of no numbers, such as those without labels, have no place in the file
                offset = self._offsets[dataset.name] + self.done * _row_bytes(dataset)
                _write(self._descriptor, values, offset)
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
            return int(file[self.datasets[0].name].shape[0])

    def _create(self, source: Path | None) -> None:
        """A new file with room for all rows, and the rows of `source`."""
        fresh = self._partial.with_name(self._partial.name + ".new")
        try:
            with h5py.File(fresh, "w") as file:
                file.attrs.update(self._attributes)
                file.create_dataset("rows_done", data=np.array([self.done], dtype="<i8"))
                for dataset in self.datasets:
                    _preallocate(file, dataset, self.capacity)
            if source is not None:
                self._copy(source, fresh)
            os.replace(fresh, self._partial)
        finally:
            fresh.unlink(missing_ok=True)

    def _copy(self, source: Path, destination: Path) -> None:
        """Copy the rows done as bytes: a full disk is an ordinary OSError here, not one inside HDF5."""
        places = _dataset_offsets(destination)
        descriptor = os.open(destination, os.O_RDWR)
        try:
            for dataset in self.datasets:
                rows = map_rows(source, dataset.name, self.done)
                for start in range(0, self.done, 4096):
                    part = np.ascontiguousarray(rows[start : start + 4096])
                    _write(descriptor, part, places[dataset.name] + start * _row_bytes(dataset))
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


def _row_bytes(dataset: RowDataset) -> int:
    return int(np.prod(dataset.row_shape, dtype=np.int64)) * np.dtype(dataset.dtype).itemsize


def _preallocate(file: h5py.File, dataset: RowDataset, rows: int) -> None:
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    layout.set_layout(h5py.h5d.CONTIGUOUS)
    layout.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    layout.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    layout.set_obj_track_times(False)
    space = h5py.h5s.create_simple((rows, *dataset.row_shape))
    name = dataset.name.encode()
    h5py.h5d.create(file.id, name, h5py.h5t.py_create(np.dtype(dataset.dtype)), space, layout)


def map_rows(path: Path, name: str, count: int | None = None) -> NDArray[Any]:
    """Map the first rows of a dataset into memory, without reading them.

    Parameters
    ----------
    path : Path
    name : str
        Of the dataset.
    count : int, optional
        Rows; by default all that are done.

    Returns
    -------
    array, shape (count, ...)
        Read-only.

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
            if offset is None and dataset.size:
                raise TypeError(f"{name} does not lie in one piece")
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{path}: not a readable artefact ({error}). {REMEDY}") from error
    count = done if count is None else count
    if count > done:
        raise UserError(f"{path}: must hold {count} rows. Got {done}. Run the stage again to add the rest.")
    if not count or offset is None:  # no numbers
        return np.empty((count, *shape[1:]), dtype)
    return np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=(count, *shape[1:]))


def read_attributes(path: Path) -> dict[str, Any]:
    """Read the root attributes of an artefact; those that end in `_json` are decoded, without the ending."""
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
        raise UserError(f"{path}: not a readable artefact ({error}). {REMEDY}") from error
    return decoded
