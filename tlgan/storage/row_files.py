"""Artefacts that grow row by row: HDF5 files that survive a crash and are renamed when complete.

All datasets have a fixed, contiguous place from the start, so writing rows never touches HDF5's own bookkeeping: a
process may die, or the disk fill up, at any moment and the file stays valid up to its `rows_done`. Rows are written and
synced before the counter is. They have checksums in the group `checksums`, one for each block of them, and beside the
counter; all else is covered by that of `tlgan.storage.checksums`. Files of earlier versions have neither.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from tlgan.errors import UserError
from tlgan.limits.structured_text import parse_json
from tlgan.storage.atomic_files import check_free_space
from tlgan.storage.checksums import reading_hdf5
from tlgan.storage.row_checksums import BlockChecksums, CheckedRows, StoredChecksums
from tlgan.storage.row_layout import (
    CHECKSUMS,
    REMEDY,
    UNREADABLE,
    RowCount,
    RowLayout,
    create_row_file,
    damage_refused,
    read_layout,
    read_whole,
)
from tlgan.storage.row_layout import RowDataset as RowDataset


def partial_path(path: Path) -> Path:
    """The file beside `path` that holds its rows while it is unfinished."""
    return path.with_name(path.name + ".partial")


def rows_done(path: Path) -> int:
    """Count the rows of a row file, finished or not; 0 where there is no file that can be read.

    Raises
    ------
    UserError
        Where the file is damaged, or counts more rows than it has room for.
    """
    try:
        with reading_hdf5(path, REMEDY) as file:
            return read_layout(path, file).count.done
    except UserError:
        raise
    except UNREADABLE:  # absent, truncated, or something else
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

    Entering it is a UserError where the disk has no room for the rows that are left.
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
        done = min(rows_done(source), self.capacity)
        goes_on = done > 0 and source != self.path and self._goes_on(source)
        row_bytes = sum(dataset.row_bytes for dataset in self.datasets)
        check_free_space(self.path, (self.capacity - done * goes_on) * row_bytes)
        if not goes_on:
            self._create(source if done else None, done)
        self._open(self._partial)
        return self

    def _goes_on(self, source: Path) -> bool:
        """Whether a partial file has checksums and room for all rows."""
        layout = self._layout_of(source)
        return bool(layout.block_rows) and layout.capacity >= self.capacity

    def _layout_of(self, path: Path) -> RowLayout:
        with damage_refused(path), h5py.File(path, "r") as file:
            return read_layout(path, file)

    def _open(self, path: Path) -> None:
        """Open a file to write where it stands."""
        self._layout = layout = self._layout_of(path)
        self.done, self._slot = layout.count.done, layout.slot
        self._checksums = {
            name: BlockChecksums(rows, self.done, layout.unfull(name))
            for name, rows in layout.block_rows.items()
        }
        self._descriptor = os.open(path, os.O_RDWR)

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
        columns: dict[str, NDArray[Any]] = {}
        for dataset in self.datasets:
            values = np.ascontiguousarray(rows[dataset.name], dtype=dataset.dtype)
            if values.shape[1:] != dataset.row_shape:
                raise ValueError(
                    f"rows of {dataset.name} must be {dataset.row_shape}, got {values.shape[1:]}"
                )
            columns[dataset.name] = values
        self._write_rows(columns)
        os.fdatasync(self._descriptor)
        self._write_count()

    def _write_rows(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Write rows of every dataset at their place, and the checksums of the blocks that they complete."""
        checksums = {
            dataset.name: self._write_column(dataset, columns[dataset.name]) for dataset in self.datasets
        }
        self._checksums |= checksums
        self.done += len(columns[self.datasets[0].name])

    def _write_column(self, dataset: RowDataset, values: NDArray[Any]) -> BlockChecksums:
        offset, checksums = self._layout.offsets[dataset.name], self._checksums[dataset.name]
        if offset is None:  # rows of no numbers, such as those without labels, have no place in the file
            return checksums
        _write(self._descriptor, values, offset + self.done * dataset.row_bytes)
        filled, full = checksums.add(values)
        if full:
            place = self._layout.checksum_offsets[dataset.name] or 0
            number = checksums.done // checksums.rows
            _write(self._descriptor, np.array(full, "<u4"), place + 4 * number)
        return filled

    def _write_count(self) -> None:
        """Write the rows done to the older of the two slots, so that the other stays whole meanwhile."""
        self._slot = 1 - self._slot
        unfull = tuple(checksums.unfull for checksums in self._checksums.values())
        slot = RowCount(self.done, unfull).slot()
        _write(self._descriptor, slot, self._layout.count_offset + self._slot * slot.nbytes)
        os.fdatasync(self._descriptor)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self.done >= self.capacity:
                self._write_count()  # in both slots, so that equal rows are equal files
                os.replace(self._partial, self.path)
        finally:
            os.close(self._descriptor)

    def finish_early(self) -> None:
        """Declare that there are no more rows than those written."""
        self.capacity = self.done

    def _create(self, source: Path | None, done: int) -> None:
        """A new partial file with room for all rows, and the first rows of `source`."""
        fresh = self._partial.with_name(self._partial.name + ".new")
        try:
            create_row_file(fresh, self.datasets, self.capacity, self._attributes)
            if source is not None:
                self._copy(source, fresh, done)
            os.replace(fresh, self._partial)
        finally:
            fresh.unlink(missing_ok=True)

    def _copy(self, source: Path, destination: Path, done: int) -> None:
        """Copy the rows done as bytes: a full disk is an ordinary OSError here, not one inside HDF5."""
        columns = {dataset.name: map_rows(source, dataset.name, done) for dataset in self.datasets}
        self._open(destination)
        try:
            while self.done < done:
                rows = slice(self.done, min(self.done + 4096, done))
                self._write_rows({name: values[rows] for name, values in columns.items()})
            self._write_count()
        finally:
            os.close(self._descriptor)


def _write(descriptor: int, values: NDArray[Any], offset: int) -> None:
    view = values.data.cast("B")
    while len(view):
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def map_rows(path: Path, name: str, count: int | None = None) -> CheckedRows:
    """Map the first rows of a dataset into memory, to be read and checked when they are asked for.

    Parameters
    ----------
    path : Path
    name : str
        Of the dataset.
    count : int, optional
        Rows; by default all that are done.

    Returns
    -------
    CheckedRows, shape (count, ...)
        Reading damaged rows raises UserError.

    Raises
    ------
    UserError
        Where the file cannot be read, lacks the dataset, or has fewer rows.
    """
    path = Path(path)
    with damage_refused(path):
        with reading_hdf5(path, REMEDY) as file:
            dataset, layout = file[name], read_layout(path, file)
            offset, shape, dtype = layout.offsets[name], dataset.shape, dataset.dtype
            if offset is None and dataset.size:
                raise TypeError(f"{name} does not lie in one piece")
            checksums = None
            if rows := layout.block_rows.get(name):
                checksums = StoredChecksums(rows, read_whole(file[CHECKSUMS][name]), layout.unfull(name))
        done = layout.count.done
        if dtype.hasobject:
            raise TypeError(f"{name} holds no plain numbers")
        if not done or offset is None:  # no numbers
            values = np.empty((done, *shape[1:]), dtype)
        else:
            values = np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=(done, *shape[1:]))
    count = done if count is None else count
    if count > done:
        raise UserError(f"{path}: must hold {count} rows. Got {done}. Run the stage again to add the rest.")
    return CheckedRows(path, name, values, count, checksums, REMEDY)


def check_rows(path: Path) -> bool:
    """Read all rows of a file and compare them with their checksums.

    Returns
    -------
    bool
        False for a file without checksums.

    Raises
    ------
    UserError
        Where it is damaged, or cannot be read.
    """
    with damage_refused(path), reading_hdf5(path, REMEDY) as file:
        layout = read_layout(path, file)
    for name in layout.block_rows:
        map_rows(path, name).check()
    return bool(layout.block_rows)


def read_attributes(path: Path) -> dict[str, Any]:
    """Read the root attributes of an artefact; those that end in `_json` are decoded, without the ending."""
    with damage_refused(path):
        with reading_hdf5(path, REMEDY) as file:
            attributes = dict(file.attrs)
        decoded: dict[str, Any] = {}
        for name, value in attributes.items():
            plain = value.item() if isinstance(value, np.generic) else value
            decoded[name.removesuffix("_json")] = parse_json(plain) if name.endswith("_json") else plain
    return decoded
