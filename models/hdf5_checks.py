"""What an HDF5 file may hold before its numbers are read: its own numbers, all of them on disk."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import h5py

from tlgan.errors import UserError

# What h5py raises on a damaged file, beside OSError.
DAMAGE = (RuntimeError, KeyError, ValueError, TypeError)

SECONDS = 60.0  # for a file's structure; its numbers get a second for every `BYTES_A_SECOND` more
BYTES_A_SECOND = 2**24


def check_own_numbers(file: h5py.File, mend: str) -> None:
    """Refuse links, references to other files, and arrays larger than what is stored of them.

    An HDF5 file of a few bytes can point at any file of this machine, or declare an array of
    petabytes whose every value is the same; nothing is read before this has looked at all of it.

    Parameters
    ----------
    file : open HDF5 file
    mend : str, the end of the message: what to do about it

    Raises
    ------
    UserError
        Naming the first thing that is no dataset of numbers stored in the file.
    """
    path, groups, seen = file.filename, [file], set()
    while groups:
        group = groups.pop()
        if group.id in seen:
            continue
        seen.add(group.id)
        for key in group:
            name = f"{group.name}/{key}".lstrip("/")
            link = group.get(key, getlink=True)
            item = group[key] if isinstance(link, h5py.HardLink) else None
            if isinstance(item, h5py.Group):
                groups.append(item)
                continue
            if not isinstance(item, h5py.Dataset) or item.is_virtual or item.external:
                raise UserError(f"{path}: `{name}` must hold its own numbers. Got a reference. {mend}")
            if item.dtype.kind not in "fiub":
                raise UserError(f"{path}: `{name}` must hold numbers. Got {item.dtype}. {mend}")
            if item.nbytes > item.id.get_storage_size():
                raise UserError(
                    f"{path}: `{name}` must hold its own numbers, uncompressed ({item.nbytes} bytes). "
                    f"Got {item.id.get_storage_size()} bytes. {mend}"
                )


def check_reading_ends(path: Path, mend: str, seconds: float = SECONDS) -> None:
    """Refuse a file that the HDF5 library would never finish reading, or not survive.

    One wrong byte in what holds an attribute's text makes the library loop for ever, where neither
    Ctrl-C nor a time limit of Python reaches it. So another process reads the whole file first.

    Parameters
    ----------
    path : Path
    mend : str, the end of the message: what to do about it
    seconds : float

    Raises
    ------
    UserError
        Where that process took too long or crashed. What it could not read with an error of its own
        is left to whoever reads the file.
    """
    limit = seconds + path.stat().st_size / BYTES_A_SECOND
    command = [sys.executable, "-m", __name__, str(path.resolve())]
    root = Path(__file__).parents[1]
    try:
        done = subprocess.run(command, cwd=root, timeout=limit, capture_output=True, check=False)
    except subprocess.TimeoutExpired as error:
        raise UserError(
            f"{path}: is damaged: reading it did not end in {limit:.0f} seconds. {mend}"
        ) from error
    if done.returncode < 0:
        raise UserError(f"{path}: is damaged: reading it ended with signal {-done.returncode}. {mend}")


def _read_all(path: str) -> None:
    """Attributes and numbers of everything in a file, for `check_reading_ends`."""
    with h5py.File(path, "r") as file:
        check_own_numbers(file, "")
        objects: list[h5py.Group | h5py.Dataset] = [file]
        file.visititems(lambda _, item: objects.append(item))
        for item in objects:
            dict(item.attrs)
            if isinstance(item, h5py.Dataset):
                item[()]


if __name__ == "__main__":
    with contextlib.suppress(OSError, UserError, *DAMAGE):
        _read_all(sys.argv[1])
