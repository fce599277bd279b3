"""Checksums of rows that are appended block by block, and rows that are compared with theirs as they are read.

Each dataset has one CRC-32 for each block of some 256 KiB of its rows. That of a block that is not full yet lies beside
the count of rows, so that appending neither reads nor writes a row twice.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlgan.errors import UserError

BLOCK_BYTES = 2**18


def rows_of_block(row_bytes: int) -> int:
    """Rows that one checksum covers."""
    return max(1, BLOCK_BYTES // max(1, row_bytes))


@dataclass(frozen=True)
class BlockChecksums:
    """The checksum of the block of a dataset that is being filled.

    Attributes
    ----------
    rows : int
        Of a full block.
    done : int
        Rows of the dataset that are there.
    unfull : int
        Checksum of those in the block that is not full.
    """

    rows: int
    done: int = 0
    unfull: int = 0

    def add(self, values: NDArray[Any]) -> tuple[BlockChecksums, list[int]]:
        """Take the next rows: what is being filled then, and the checksums of the blocks that they complete."""
        full: list[int] = []
        done, checksum, start = self.done, self.unfull, 0
        while start < len(values):
            stop = min(len(values), start + self.rows - done % self.rows)
            checksum = zlib.crc32(np.ascontiguousarray(values[start:stop]).data, checksum)
            done += stop - start
            if done % self.rows == 0:
                full.append(checksum)
                checksum = 0
            start = stop
        return BlockChecksums(self.rows, done, checksum), full


@dataclass(frozen=True, eq=False)
class StoredChecksums:
    """The checksums that a file has of one dataset.

    Attributes
    ----------
    rows : int
        Of a full block.
    full : uint32 array
        Of the blocks, in order; those that are not full count for nothing.
    unfull : int
        Of the last block, where it is not full.
    """

    rows: int
    full: NDArray[np.uint32]
    unfull: int


class CheckedRows:
    """The first rows of a dataset: read when they are asked for, each block compared with its checksum once.

    Slices, numbers of rows and masks give NumPy arrays; `numpy.asarray` gives all rows. Rows of a file without
    checksums are read as they are.

    Parameters
    ----------
    path : Path
        For messages.
    name : str
        Of the dataset.
    values : array, shape (n_done, ...)
        All rows that are done, as the file has them.
    count : int
        Rows to show.
    checksums : StoredChecksums, optional
    remedy : str
        What to do about a damaged file.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype
    """

    def __init__(
        self,
        path: Path,
        name: str,
        values: NDArray[Any],
        count: int,
        checksums: StoredChecksums | None,
        remedy: str,
    ) -> None:
        self._path, self._name, self._remedy = path, name, remedy
        self._values, self._checksums = values, checksums
        self.shape: tuple[int, ...] = (count, *values.shape[1:])
        self.dtype = values.dtype
        blocks = -(-len(values) // checksums.rows) if checksums else 0
        self._checked = np.zeros(blocks, bool)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> NDArray[Any]:
        if self._checksums:
            first = rows[0] if isinstance(rows, tuple) else rows
            self._check(self._blocks_of(first, self._checksums.rows))
        return np.asarray(self._values[: len(self)][rows])

    def check(self) -> None:
        """Read all rows of the file and compare them."""
        self._check(range(len(self._checked)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self[:], dtype=dtype, copy=copy)

    def _blocks_of(self, rows: Any, size: int) -> Iterable[int]:
        """The blocks that hold these rows."""
        if isinstance(rows, slice) and rows.step in (None, 1):
            start, stop, _ = rows.indices(len(self))
            return range(start // size, -(-stop // size)) if stop > start else ()
        numbers = np.arange(len(self))[rows]
        return [int(block) for block in np.unique(np.atleast_1d(numbers) // size)]

    def _check(self, blocks: Iterable[int]) -> None:
        if self._checksums is None or not self._values.size:
            return
        size = self._checksums.rows
        for block in blocks:
            if self._checked[block]:
                continue
            values = self._values[block * size : (block + 1) * size]
            wanted = self._checksums.full[block] if len(values) == size else self._checksums.unfull
            if zlib.crc32(values.data) != wanted:
                raise UserError(
                    f"{self._path}: rows {block * size} to {block * size + len(values) - 1} of `{self._name}` are "
                    f"damaged: they differ from their checksum. {self._remedy}"
                )
            self._checked[block] = True
