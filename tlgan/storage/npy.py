"""Read and write .npy data; every size is checked before memory is allocated."""

from __future__ import annotations

import io
import math
import os
import warnings
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tlgan.errors import UserError
from tlgan.limits.value_count import count_values
from tlgan.storage.atomic_files import replacing

MAX_HEADER_BYTES = 10_000


def read_npy(stream: IO[bytes], what: str, kinds: str, most_values: int) -> NDArray[Any]:
    """Read one array from a .npy stream, with no more memory than its bytes need.

    Parameters
    ----------
    stream : binary stream
        At the start of the .npy data; may be a member of a compressed archive.
    what : str
        For the error messages.
    kinds : str
        Admitted `dtype.kind` letters. Objects are never admitted: they would be unpickled.
    most_values : int
        Values that it may have; see `tlgan.limits.value_count`.

    Returns
    -------
    array

    Raises
    ------
    UserError
        For objects or other types not admitted, too many values, or a cut-off file.
    """
    shape, fortran_order, dtype = _read_header(stream, what)
    if dtype.kind not in kinds or dtype.hasobject:
        raise UserError(f"{what} must hold plain numbers or texts. Got {dtype}.")
    values = math.prod(shape)
    wanted = values * dtype.itemsize
    if any(size < 0 for size in shape) or max(values, count_values(wanted)) > most_values:
        raise UserError(f"{what} must have at most {most_values} values. It declares shape {shape!s:.60}.")
    data = stream.read(wanted)
    if len(data) != wanted:
        raise UserError(f"{what} is cut off: it declares {wanted} bytes and has {len(data)}.")
    if wanted == 0:
        return np.empty(shape, dtype)
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran_order else "C")


def npy_bytes(array: NDArray[Any]) -> bytes:
    """An array of numbers or texts as the bytes of a .npy file."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def write_npy(path: str | os.PathLike[str], array: NDArray[Any]) -> None:
    """Write an array of numbers or texts as a .npy file, whole or not at all.

    Raises
    ------
    UserError
        Where the file cannot be written.

    Examples
    --------
    >>> write_npy("latent.npy", np.zeros(512))
    """
    with replacing(path) as partial, partial.open("wb") as stream:
        np.save(stream, array, allow_pickle=False)


def _read_header(stream: IO[bytes], what: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        version = np.lib.format.read_magic(stream)
        # Version 1 only: its header has at most 64 KiB, that of the later ones up to 4 GiB, and NumPy
        # reads it whole. The later ones are for arrays of structures.
        if version == (1, 0):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # that Python 2 wrote it
                return np.lib.format.read_array_header_1_0(stream, MAX_HEADER_BYTES)
    except Exception as error:
        # The header is a Python literal; a hostile one makes the parser raise almost anything.
        raise UserError(f"{what} has no .npy header that can be read ({type(error).__name__}).") from error
    raise UserError(f"{what} must be .npy version 1. Got {version}.")
