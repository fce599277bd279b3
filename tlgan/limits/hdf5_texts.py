"""Bound what the texts in the attributes of an HDF5 file say of their length, before the HDF5 library reads them.

The library takes as much memory as a text of variable length says that it has, up to 4 GiB, and looks then whether
it is there. h5py does not tell that length, so the bytes of the object's header are read here (HDF5 File Format
Specification 3.0, sections IV.A.1 and IV.A.2; messages 0x01, 0x03, 0x0C and 0x10).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

ATTRIBUTE, CONTINUATION = 0x0C, 0x10  # kinds of messages
COMPOUND, VARIABLE, ARRAY = 6, 9, 10  # classes of datatypes
REFERENCE = 16  # bytes: a length, and where in which heap a text lies
MOST_MESSAGES = 1 << 16  # of one object


def texts_fit(content: bytes, address: int) -> bool:
    """Whether the texts in the attributes of an object are together no longer than the file.

    Parameters
    ----------
    content : bytes
        Of the file, from its base address on.
    address : int
        Of the object's header.

    Returns
    -------
    bool
        False also where the header is damaged, or an attribute has values that may hold texts inside.
    """
    try:
        return sum(_attribute_texts(content, *place) for place in _attributes(content, address)) <= len(
            content
        )
    except (struct.error, IndexError, ValueError, OverflowError):
        return False


def _attributes(content: bytes, address: int) -> Iterator[tuple[int, int]]:
    """Start and end of every attribute in an object's header of version 1 or 2."""
    if content[address : address + 5] == b"OHDR\x02":
        flags, place = content[address + 5], address + 6
        place += 16 * bool(flags & 0x20) + 4 * bool(flags & 0x10)
        width = 1 << (flags & 3)
        size = int.from_bytes(content[place : place + width], "little")
        blocks, head, margin = [(place + width, size)], "<BHB", (4, 8)
        skipped = 2 * bool(flags & 4)
    else:
        version, _, _, _, size = struct.unpack_from("<BBHII", content, address)
        if version != 1:
            raise ValueError("no header of an object")
        blocks, head, margin, skipped = [(address + 16, size)], "<HHB", (0, 0), 3
    messages = 0
    while blocks:
        place, size = blocks.pop()
        end = place + size
        while place + struct.calcsize(head) + skipped <= end:
            kind, length, flags = struct.unpack_from(head, content, place)
            place += struct.calcsize(head) + skipped
            messages += 1
            if messages > MOST_MESSAGES or (kind == ATTRIBUTE and flags & 2):
                raise ValueError("too many messages, or one that lies elsewhere")
            if kind == ATTRIBUTE:
                yield place, place + length
            if kind == CONTINUATION:
                start, size = struct.unpack_from("<QQ", content, place)
                blocks.append((start + margin[0], size - margin[1]))
            place += length


def _attribute_texts(content: bytes, start: int, end: int) -> int:
    """Bytes that the texts of one attribute say they have."""
    version, flags, *sizes = struct.unpack_from("<BBHHH", content, start)
    if version not in (1, 2, 3) or (version > 1 and flags & 1):
        raise ValueError("no attribute with a datatype of its own")
    place = start + 8 + (version == 3)
    name, datatype, space = (-(-size // 8) * 8 for size in sizes) if version == 1 else sizes
    kind = content[place + name] & 0x0F
    if kind in (COMPOUND, ARRAY):
        raise ValueError("values inside values")
    if kind != VARIABLE:
        return 0
    base, size = content[place + name + 8] & 0x0F, struct.unpack_from("<I", content, place + name + 12)[0]
    if base in (COMPOUND, VARIABLE, ARRAY):
        raise ValueError("values inside values")
    place += name + datatype
    count = _count(content, place)
    place += space
    if place + REFERENCE * count > end:
        raise ValueError("fewer texts than declared")
    lengths = [struct.unpack_from("<I", content, place + REFERENCE * number)[0] for number in range(count)]
    return int(sum(lengths) * size)


def _count(content: bytes, place: int) -> int:
    """Number of values that a dataspace declares."""
    version, rank, _, kind = struct.unpack_from("<BBBB", content, place)
    if version == 2 and kind == 2:  # none
        return 0
    return math.prod(struct.unpack_from(f"<{rank}Q", content, place + (8 if version == 1 else 4)))
