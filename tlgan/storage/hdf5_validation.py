"""Check an HDF5 file before its numbers are read: sound heaps, no links, every number stored in it."""

from __future__ import annotations

import re
import struct

import h5py

from tlgan.errors import UserError

HEADER = 16  # bytes, of a heap and of each of its objects


HEAP = re.compile(rb"GCOL\x01\x00{3}.{8}", re.DOTALL)


def heaps_are_sound(file: h5py.File) -> bool:
    """Whether the objects of every global heap fill it, as the HDF5 library assumes unchecked.

    Texts of variable length, those of attributes above all, lie in global heaps (HDF5 File Format
    Specification 3.0, section III.E). The library walks through a heap from object to object by their
    sizes; one wrong byte may lead it to zeros, an object of no size, where it stays for ever, and neither
    Ctrl-C nor a time limit of Python reaches it. Call this before any attribute is read.

    Parameters
    ----------
    file : open HDF5 file
        Its bytes are held in memory meanwhile.
    """
    content = file.id.get_file_image()
    return all(_fills(content, match.start()) for match in HEAP.finditer(content))


def _fills(content: bytes, start: int) -> bool:
    (size,) = struct.unpack_from("<Q", content, start + 8)
    place, end = start + HEADER, start + size
    if end > len(content):
        return False
    while place + HEADER <= end:
        (number,) = struct.unpack_from("<H", content, place)
        (size,) = struct.unpack_from("<Q", content, place + 8)
        # Object 0 is the room that is left, its header included; the others are filled up to 8 bytes.
        step = HEADER + -(-size // 8) * 8 if number else size
        if step < HEADER or place + step > end:
            return False
        place += step
    return True


# What h5py raises on a damaged file, beside OSError.
DAMAGE = (RuntimeError, KeyError, ValueError, TypeError)


MAX_BYTES = 2**33


def check_texts(file: h5py.File, remedy: str) -> None:
    """Refuse a file with damaged heaps of texts; call it before any attribute is read.

    Raises
    ------
    UserError
        Where the file is too large to check, or damaged.
    """
    if file.id.get_filesize() > MAX_BYTES:
        raise UserError(f"{file.filename}: must have at most {MAX_BYTES} bytes. {remedy}")
    if not heaps_are_sound(file):
        raise UserError(f"{file.filename}: is damaged where its texts lie. {remedy}")


def check_own_numbers(file: h5py.File, remedy: str) -> None:
    """Refuse links, references to other files, and arrays larger than what is stored of them.

    An HDF5 file of a few bytes can point at any file of this machine, or declare an array of
    petabytes whose every value is the same; nothing is read before this has looked at all of it.

    Parameters
    ----------
    file : open HDF5 file
    remedy : str, the end of the message: what to do about it

    Raises
    ------
    UserError
        Naming the first thing that is no dataset of numbers stored in the file, or as `check_texts`.
    """
    check_texts(file, remedy)
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
                raise UserError(f"{path}: `{name}` must hold its own numbers. Got a reference. {remedy}")
            if item.dtype.kind not in "fiub":
                raise UserError(f"{path}: `{name}` must hold numbers. Got {item.dtype}. {remedy}")
            if item.nbytes > item.id.get_storage_size():
                raise UserError(
                    f"{path}: `{name}` must hold its own numbers, uncompressed ({item.nbytes} bytes). "
                    f"Got {item.id.get_storage_size()} bytes. {remedy}"
                )
