"""HDF5 files that the HDF5 library would never finish reading."""

from __future__ import annotations

import re
import struct

import h5py

HEADER = 16  # bytes, of a heap and of each of its objects
HEAP = re.compile(rb"GCOL\x01\x00{3}.{8}", re.DOTALL)


def heaps_hold(file: h5py.File) -> bool:
    """Whether the objects of every global heap fill it, as the library takes for granted.

    Texts of variable length, those of attributes above all, lie in global heaps (HDF5 File Format
    Specification 3.0, section III.E). The library walks through a heap from object to object by their
    sizes; one wrong byte may lead it to zeros, an object of no size, where it stays for ever, and neither
    Ctrl-C nor a time limit of Python reaches it. To be asked before any attribute is read.

    Parameters
    ----------
    file : open HDF5 file
        Its bytes are held in memory for the moment.
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
