"""HDF5 files that are changed on purpose, with a checksum of what they are then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from tlgan.storage.checksums import BLOCK_BYTES, MARK, write_checksum


@contextmanager
def changing_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open a file to change it; a checksum that it has is made to fit, as its maker would."""
    with h5py.File(path, "r+") as file:
        yield file
    refresh_checksum(path)


def refresh_checksum(path: Path) -> None:
    """Make the checksum of a file fit its bytes, where it has one."""
    with path.open("rb") as file:
        head = file.read(BLOCK_BYTES)
    if head.startswith(MARK):
        facts = json.loads(head[len(MARK) :])
        write_checksum(path, [(start, size) for start, size in facts["left_out"]])
