"""A checksum over every byte of an HDF5 file: written in front of it, compared before anything in it is read.

The checksum lies in the file's user block, 2,048 bytes of text that HDF5 leaves alone, so any HDF5 reader opens the
file as it is. It is a CRC-32, which finds every error that lies within four bytes in a row, and misses one of
four billion others. It covers names, attributes and HDF5's own bookkeeping too: damaged bytes never reach the HDF5
library. Files that earlier versions wrote have no user block; they are read without a check.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import h5py

from tlgan.errors import UserError
from tlgan.storage.hdf5_validation import check_heaps

BLOCK_BYTES = 2048  # of the user block; HDF5 allows 512, 1024, 2048, …
MARK = b"tlgan checksum 1\n"
REMEDY = "Delete it, then run the same command again."
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
MAX_CHECKED_BYTES = 2**26  # of files whose texts are looked at; larger ones are rows of our own
_PIECE = 2**20  # bytes read at a time

Extents = Sequence[tuple[int, int]]  # start and length, in bytes, in order


@contextmanager
def writing_hdf5(path: str | os.PathLike[str]) -> Iterator[h5py.File]:
    """Write a new HDF5 file with a checksum.

    Parameters
    ----------
    path : path
        Replaced where it exists; for a file that appears whole or not at all, the name that
        `tlgan.storage.atomic_files.replacing` gives.

    Yields
    ------
    h5py.File
        Open for writing.

    Examples
    --------
    >>> from tlgan.storage.checksums import reading_hdf5, writing_hdf5
    >>> with writing_hdf5("numbers.h5") as file:
    ...     file["numbers"] = [1, 2, 3]
    >>> with reading_hdf5("numbers.h5") as file:
    ...     int(file["numbers"][1])
    2
    """
    # In memory first: on a full disk HDF5 prints screens of errors that nothing can catch, and may crash.
    in_memory = {"driver": "core", "backing_store": False, "userblock_size": BLOCK_BYTES}
    with h5py.File("memory", "w", **in_memory) as file:
        yield file
        file.flush()
        content = file.id.get_file_image()
    with open(path, "wb") as written:
        written.write(bytes(BLOCK_BYTES))
        written.write(content)
    write_checksum(path)


@contextmanager
def reading_hdf5(path: str | os.PathLike[str], remedy: str = REMEDY) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading, after its bytes have been compared with its checksum.

    Parameters
    ----------
    path : path
        Of a file that `writing_hdf5` wrote, or of one without a checksum.
    remedy : str
        The end of the message: what to do about a damaged file.

    Yields
    ------
    h5py.File

    Raises
    ------
    UserError
        Where the bytes differ from the checksum.
    OSError
        Where there is no such file, or it is not HDF5.
    """
    check_bytes(path, remedy)
    with h5py.File(path, "r") as file:
        # A file without a checksum, or one that was made so, can lead HDF5 in a circle.
        if file.id.get_filesize() <= MAX_CHECKED_BYTES:
            check_heaps(file, remedy)
        yield file


def write_checksum(path: str | os.PathLike[str], left_out: Extents = ()) -> None:
    """Write the checksum of a file into its user block.

    Parameters
    ----------
    path : path
        Of a closed HDF5 file with a user block of `BLOCK_BYTES`.
    left_out : sequence of (start, length)
        Bytes that the checksum does not cover, in order: rows that change later and have checksums of their own.
    """
    with open(path, "r+b") as file:
        size = os.fstat(file.fileno()).st_size
        checksum = _checksum(file, size, left_out)
        facts = {"crc32": checksum, "size": size, "left_out": [list(extent) for extent in left_out]}
        text = MARK + json.dumps(facts).encode()
        if len(text) > BLOCK_BYTES:
            raise ValueError(f"a checksum with {len(left_out)} gaps does not fit into {BLOCK_BYTES} bytes")
        file.seek(0)
        file.write(text.ljust(BLOCK_BYTES, b"\n"))


def check_bytes(path: str | os.PathLike[str], remedy: str = REMEDY) -> bool:
    """Compare a file's bytes with its checksum.

    Returns
    -------
    bool
        False for a file without a checksum: of an earlier version, or of another program.

    Raises
    ------
    UserError
        Where they differ.
    OSError
        Where the file cannot be read.
    """
    with open(path, "rb") as file:
        head = file.read(BLOCK_BYTES + len(_SIGNATURE))
        if not head.startswith(MARK):
            if head[BLOCK_BYTES:] == _SIGNATURE:
                raise _damaged(path, remedy)
            return False
        try:
            facts = json.loads(head[len(MARK) : BLOCK_BYTES])
            wanted, left_out = facts["crc32"], [(int(start), int(size)) for start, size in facts["left_out"]]
            found = _checksum(file, facts["size"], left_out)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _damaged(path, remedy) from error
    if found != wanted:
        raise _damaged(path, remedy)
    return True


def _damaged(path: str | os.PathLike[str], remedy: str) -> UserError:
    return UserError(f"{Path(path)}: is damaged: its bytes differ from its checksum. {remedy}")


def _checksum(file: BinaryIO, end: int, left_out: Extents) -> int:
    """CRC-32 of the bytes from the user block to `end`, where the file does, without those left out."""
    place, checksum = BLOCK_BYTES, 0
    for start, size in (*left_out, (end, 0)):
        if start < place or size < 0:
            raise ValueError("gaps must lie one after the other in the file")
        file.seek(place)
        while place < start:
            piece = file.read(min(_PIECE, start - place))
            if not piece:
                raise ValueError("the file ends too early")
            checksum = zlib.crc32(piece, checksum)
            place += len(piece)
        place += size
    return checksum
