"""Where the rows of a row file lie, where their checksums, and how many rows are done.

A row file has a dataset for each column, contiguous and as long as its rows will be in the end; `rows_done`; and a
group `checksums` with a dataset of each column's name, one number for each full block of rows. `rows_done` holds
two slots, written by turns: where a writer dies in the middle of one, the other still says what was there before.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from tlgan.errors import UserError
from tlgan.storage.checksums import BLOCK_BYTES as USER_BLOCK
from tlgan.storage.checksums import write_checksum
from tlgan.storage.hdf5_validation import DAMAGE
from tlgan.storage.row_checksums import rows_of_block

REMEDY = "Delete it and run the stage again."
# What a file raises that is no row file, or a damaged one.
UNREADABLE = (OSError, *DAMAGE, AttributeError, IndexError, OverflowError)
OWN_BYTES = 2**18  # more than names, attributes and bookkeeping of a row file take
COUNT, CHECKSUMS = "rows_done", "checksums"


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

    @property
    def row_bytes(self) -> int:
        """Size of a row."""
        return int(np.prod(self.row_shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class RowCount:
    """How many rows are done, with the checksums of the blocks that are not full, one for each dataset."""

    done: int
    unfull: tuple[int, ...] = ()

    def slot(self) -> NDArray[np.int64]:
        """The numbers of one slot: the count, the checksums, and a checksum of both."""
        numbers = np.array([self.done, *self.unfull], dtype="<i8")
        return np.append(numbers, zlib.crc32(numbers.data)).astype("<i8")


@dataclass(frozen=True)
class RowLayout:
    """What a row file says of itself.

    Attributes
    ----------
    offsets : dict of int or None
        Where the numbers of each dataset begin in the file; None where it has none, or not in one piece.
    capacity : int
        Rows that it has room for.
    count : RowCount
    slot : int
        The one that holds `count`, 0 or 1.
    count_offset : int
        Where the slots begin.
    block_rows : dict of int
        Rows of a full block of each dataset; empty for a file without checksums.
    checksum_offsets : dict of int or None
    """

    offsets: Mapping[str, int | None]
    capacity: int
    count: RowCount
    slot: int
    count_offset: int
    block_rows: Mapping[str, int]
    checksum_offsets: Mapping[str, int | None]

    def unfull(self, name: str) -> int:
        """Checksum of the rows of a dataset's last block, where it is not full."""
        return self.count.unfull[list(self.offsets).index(name)]


def read_layout(path: Path, file: h5py.File) -> RowLayout:
    """Read what an open row file says of itself.

    Raises
    ------
    UserError
        Where its counter is damaged, or counts more rows than there is room for.
    KeyError, ValueError, AttributeError, TypeError
        Where it is no row file.
    """
    datasets = {name: file[name] for name in sorted(file) if name not in (COUNT, CHECKSUMS)}
    checksums = {name: file[CHECKSUMS][name] for name in datasets} if CHECKSUMS in file else {}
    block_rows = {name: int(dataset.attrs["rows"]) for name, dataset in checksums.items()}
    if min(block_rows.values(), default=1) < 1:
        raise ValueError("a block of rows has none")
    capacity = min((dataset.shape[0] for dataset in datasets.values()), default=0)
    count, slot = _read_count(path, read_whole(file[COUNT]), len(datasets), capacity, checked=bool(checksums))
    return RowLayout(
        offsets={name: offset_of(dataset) for name, dataset in datasets.items()},
        capacity=capacity,
        count=count,
        slot=slot,
        count_offset=offset_of(file[COUNT]) or 0,
        block_rows=block_rows,
        checksum_offsets={name: offset_of(dataset) for name, dataset in checksums.items()},
    )


def _read_count(
    path: Path, numbers: NDArray[Any], datasets: int, capacity: int, *, checked: bool
) -> tuple[RowCount, int]:
    """The larger count of the slots that are whole, and the number of its slot."""
    if not checked:  # of an earlier version, which wrote the count alone
        done = int(numbers[0])
        if not 0 <= done <= capacity:
            raise UserError(f"{path}: must count 0 to {capacity} rows, its room. Got {done}. {REMEDY}")
        return RowCount(done), 0
    found: list[tuple[RowCount, int]] = []
    for number, slot in enumerate(numbers.reshape(2, datasets + 2)):
        count = RowCount(int(slot[0]), tuple(slot[1:-1].tolist()))
        if np.array_equal(count.slot(), slot) and 0 <= count.done <= capacity:
            found.append((count, number))
    if not found:
        raise UserError(f"{path}: is damaged: its row counter differs from its checksum. {REMEDY}")
    return max(found, key=lambda pair: pair[0].done)


def read_whole(dataset: h5py.Dataset) -> NDArray[Any]:
    """The numbers of a small dataset that lie in the file as they are; others may unfold to any size.

    Raises
    ------
    TypeError
    """
    if dataset.size and offset_of(dataset) is None:
        raise TypeError(f"{dataset.name} does not lie in one piece")
    return np.asarray(dataset[...])


def offset_of(dataset: h5py.Dataset) -> int | None:
    """Where the numbers of a dataset begin in the file; None where it has none, or not in one piece."""
    contiguous = dataset.id.get_create_plist().get_layout() == h5py.h5d.CONTIGUOUS
    stored = dataset.id.get_storage_size() == dataset.nbytes > 0
    return int(dataset.id.get_offset()) if contiguous and stored and not dataset.external else None


def create_row_file(
    path: Path, datasets: Sequence[RowDataset], capacity: int, attributes: Mapping[str, Any]
) -> None:
    """Create a row file without rows, with room for `capacity` of them."""
    # Is there room for what HDF5 writes of its own? On a full disk it prints screens of errors, and may crash.
    path.write_bytes(bytes(OWN_BYTES))
    with h5py.File(path, "w", userblock_size=USER_BLOCK) as file:
        file.attrs.update(attributes)
        growing = [file.create_dataset(COUNT, data=np.tile(RowCount(0, (0,) * len(datasets)).slot(), 2))]
        for dataset in datasets:
            growing.append(_preallocate(file, dataset, capacity))
            rows = rows_of_block(dataset.row_bytes)
            blocks = -(-capacity // rows) if dataset.row_bytes else 0
            growing.append(_preallocate(file, RowDataset(f"{CHECKSUMS}/{dataset.name}", (), "<u4"), blocks))
            growing[-1].attrs["rows"] = rows
        places = [(offset, item.nbytes) for item in growing if (offset := offset_of(item)) is not None]
    write_checksum(path, sorted(places))


def _preallocate(file: h5py.File, dataset: RowDataset, rows: int) -> h5py.Dataset:
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    layout.set_layout(h5py.h5d.CONTIGUOUS)
    layout.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    layout.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    layout.set_obj_track_times(False)
    links = h5py.h5p.create(h5py.h5p.LINK_CREATE)
    links.set_create_intermediate_group(True)
    space = h5py.h5s.create_simple((rows, *dataset.row_shape))
    kind = h5py.h5t.py_create(np.dtype(dataset.dtype))
    h5py.h5d.create(file.id, dataset.name.encode(), kind, space, layout, links)
    return file[dataset.name]


@contextmanager
def damage_refused(path: Path) -> Iterator[None]:
    """Turn what a file raises that is no row file, or a damaged one, into a UserError that starts with the path."""
    try:
        yield
    except UNREADABLE as error:  # UserError is a ValueError
        if str(error).startswith(f"{path}: "):
            raise
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{path}: not a readable artefact ({reason}). {REMEDY}") from error
