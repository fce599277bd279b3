"""Check an HDF5 file before its numbers are read: sound heaps, no links, every number stored in it."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator, Sequence

import h5py

from tlgan.errors import UserError
from tlgan.limits.hdf5_texts import texts_fit
from tlgan.limits.value_count import check_value_count, count_values, most_values

HEADER = 16  # bytes, of a heap and of each of its objects
# What h5py raises on a damaged file, beside OSError.
DAMAGE = (RuntimeError, KeyError, ValueError, TypeError)
MAX_BYTES = 2**33
MAX_DEPTH = 16  # of groups; the HDF5 library walks through them on the stack
# Groups and attributes in a fractal heap, which only files of `libver="latest"` or of very large attributes have.
DENSE = re.compile(rb"FRHP\x00[\x01-\x40]\x00")
HEAP = re.compile(rb"GCOL\x01\x00{3}.{8}", re.DOTALL)


def check_heaps(file: h5py.File, remedy: str) -> None:
    """Refuse a file with damaged heaps of texts, or with names in fractal heaps; call it before any is read.

    The HDF5 library believes each byte of a link in a fractal heap: a wrong one can crash it.

    Raises
    ------
    UserError
    """
    content = file.id.get_file_image()
    if DENSE.search(content):
        raise UserError(
            f'{file.filename}: must be HDF5 of the usual format, not of `libver="latest"`; or it is damaged. {remedy}'
        )
    if not _are_sound(content, file):
        raise UserError(f"{file.filename}: is damaged where its texts lie. {remedy}")


def heaps_are_sound(file: h5py.File) -> bool:
    """Whether texts are as the HDF5 library assumes unchecked: their heaps are filled, none exceeds the file.

    Texts of variable length, those of attributes above all, lie in global heaps (HDF5 File Format
    Specification 3.0, section III.E). The library walks through a heap from object to object by their
    sizes; one wrong byte may lead it to zeros, an object of no size, where it stays for ever, and neither
    Ctrl-C nor a time limit of Python reaches it. Or it takes gigabytes for a text that declares them, and finds
    then that it is not there. Call this before any attribute is read.

    Parameters
    ----------
    file : open HDF5 file
        Its bytes are held in memory meanwhile.
    """
    return _are_sound(file.id.get_file_image(), file)


def _are_sound(content: bytes, file: h5py.File) -> bool:
    # Sound heaps lie side by side. Where they overlap by the thousand, checking each would take for ever.
    steps_left = len(content) // HEADER + 10_000
    for match in HEAP.finditer(content):
        steps = _objects_in(content, match.start(), steps_left)
        if steps < 0:
            return False
        steps_left -= steps
    try:
        return all(texts_fit(content, address) for address in _addresses(file))
    except DAMAGE:
        return False


def _addresses(file: h5py.File) -> Iterator[int]:
    """Where the header of each group and dataset of a file lies."""
    groups, seen = [(file, 0)], set()
    yield h5py.h5o.get_info(file.id).addr
    while groups:
        group, depth = groups.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue
            facts = h5py.h5o.get_info(group.id, name.encode())
            if facts.addr in seen:
                continue
            seen.add(facts.addr)
            yield facts.addr
            if facts.type == h5py.h5o.TYPE_GROUP and depth < MAX_DEPTH:
                groups.append((group[name], depth + 1))


def _objects_in(content: bytes, start: int, most: int) -> int:
    """Number of objects in a heap; -1 where they do not fill it, or are more than `most`."""
    (size,) = struct.unpack_from("<Q", content, start + 8)
    place, end, count = start + HEADER, start + size, 0
    if end > len(content):
        return -1
    while place + HEADER <= end:
        count += 1
        if count > most:
            return -1
        (number,) = struct.unpack_from("<H", content, place)
        (size,) = struct.unpack_from("<Q", content, place + 8)
        # Object 0 is the room that is left, its header included; the others are filled up to 8 bytes.
        step = HEADER + -(-size // 8) * 8 if number else size
        if step < HEADER or place + step > end:
            return -1
        place += step
    return count


def check_texts(file: h5py.File, remedy: str) -> None:
    """Refuse a file with damaged heaps of texts; call it before any attribute is read.

    Raises
    ------
    UserError
        Where the file is too large to check, or damaged.
    """
    if file.id.get_filesize() > MAX_BYTES:
        raise UserError(f"{file.filename}: must have at most {MAX_BYTES} bytes. {remedy}")
    check_heaps(file, remedy)


def check_own_numbers(file: h5py.File, remedy: str) -> None:
    """Refuse links, references to other files, and arrays larger than what is stored of them.

    An HDF5 file of a few bytes can point at any file of this machine, declare an array of petabytes whose
    every value is the same, or a thousand arrays that lie in one place; nothing is read before this has
    looked at all of it.

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
    path, groups, seen = file.filename, [(file, 0)], set()
    bytes_left = file.id.get_filesize()
    while groups:
        group, depth = groups.pop()
        if group.id in seen:
            continue
        seen.add(group.id)
        if depth > MAX_DEPTH:
            raise UserError(
                f"{path}: must have groups at most {MAX_DEPTH} deep. It has deeper ones. {remedy}"
            )
        for key in group:
            name = f"{group.name}/{key}".lstrip("/")
            link = group.get(key, getlink=True)
            item = group[key] if isinstance(link, h5py.HardLink) else None
            if isinstance(item, h5py.Group):
                groups.append((item, depth + 1))
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
            bytes_left -= item.nbytes
            if bytes_left < 0:
                raise UserError(f"{path}: must hold each array once. Its arrays overlap. {remedy}")


def check_unfolded_size(file: h5py.File, datasets: Sequence[h5py.Dataset]) -> None:
    """Refuse datasets that unfold to more than the file can hold; call it before they are read.

    Unlike `check_own_numbers` it admits compression. A chunk is unfolded as a whole, however little of it
    is asked for.

    Raises
    ------
    UserError
        Naming the dataset with too large a chunk, or the number of values.
    """
    size, count = file.id.get_filesize(), 0
    for dataset in datasets:
        n_bytes = math.prod(dataset.shape) * dataset.dtype.itemsize
        count += max(math.prod(dataset.shape), count_values(n_bytes))
        chunk_bytes = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize
        if count_values(chunk_bytes) > most_values(size):
            raise UserError(
                f"{dataset.name!r} must have smaller chunks. Got {dataset.chunks}; write it again."
            )
    check_value_count(count, size)
