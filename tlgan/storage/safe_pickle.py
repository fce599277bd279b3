"""Unpickle NumPy arrays and plain containers without running anything; every pickle is read here.

Python's unpickler calls whatever a pickle names. Here it can name what `tlgan.storage.pickled_arrays` lists,
each standing for an inert record; NumPy's own constructors are not called either. Records become arrays
afterwards, by `numpy.frombuffer`, once type, shape and length agree. A reader of pickles that hold more (a
network, a checkpoint) admits further names, each standing for a `Record` of its own.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tlgan.errors import UserError
from tlgan.storage.pickled_arrays import (
    ARRAY_NAMES,
    Admitted,
    ArrayRecord,
    DtypeRecord,
    EncodedBytes,
    ScalarRecord,
    content_bytes,
)

MAX_OPCODES = 10_000
MAX_DEPTH = 8
MAX_INTEGER_BITS = 128  # what is longer cannot even be shown in a message
# Modules by which hostile pickles act on the machine.
_COMMANDS = {
    "os",
    "posix",
    "nt",
    "subprocess",
    "builtins",
    "__builtin__",
    "sys",
    "shutil",
    "runpy",
    "importlib",
    "pty",
}
_COMMANDS |= {
    "socket",
    "ctypes",
    "code",
    "webbrowser",
    "platform",
    "commands",
    "asyncio",
    "pickle",
    "marshal",
    "types",
}
_MEMO_WRITES = {"PUT", "BINPUT", "LONG_BINPUT"}


class _Inert(type):
    """A class that a pickle cannot change."""

    def __setattr__(cls, name: str, value: Any) -> None:
        raise UserError("tries to change what it may only name.")


class Record(metaclass=_Inert):
    """An object in a pickle that a reader admits by name; it only stores what the pickle gives it.

    A pickle can call a subclass and can hand an instance a state, through `__init__` and `__setstate__`.
    """

    __slots__ = ()

    def __setstate__(self, state: Any) -> None:
        raise UserError(f"gives {type(self).__name__} a state; it has none.")

    def finished(self, finish: Callable[[Any], Any]) -> Any:
        """The value that stands for this record; `finish` gives the value of anything it holds."""
        raise UserError(f"holds {type(self).__name__} where it does not belong.")


def load_plain_pickle(
    data: bytes,
    *,
    records: Mapping[tuple[str, str], type[Record]] | None = None,
    persistent: Callable[[Any], Record] | None = None,
    max_opcodes: int | None = None,
) -> Any:
    """Load a pickle of plain values and NumPy arrays; nothing in it is run.

    Parameters
    ----------
    data : bytes
        A pickle of protocol 0 to 5, by any NumPy before or after the renaming of `numpy.core`.
    records : mapping of (module, name) to a Record class
        What the pickle may name beside NumPy's arrays.
    persistent : callable
        The record of an object outside the pickle, from what the pickle says of it.
    max_opcodes : int
        Instructions the pickle may have; None for `MAX_OPCODES`.

    Returns
    -------
    object
        Made of dict, list, tuple, str, bytes, int, float, bool, None, NumPy arrays, and what records become.

    Raises
    ------
    UserError
        Where the pickle names anything else, is damaged, or declares more than it has.
    """
    max_opcodes = max_opcodes or MAX_OPCODES
    _check_opcodes(data, max_opcodes)
    try:
        unpickler = _Unpickler(io.BytesIO(data), encoding="latin1")
        unpickler.records, unpickler.persistent = records or {}, persistent
        return _Finisher(len(data), 2 * max_opcodes).finish(unpickler.load())
    except UserError:
        raise
    except Exception as error:
        # A hostile pickle can raise anything on the way; whatever it was, the file is no plain pickle.
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"is not a plain pickle ({type(error).__name__}: {reason}).") from error


def _check_opcodes(data: bytes, max_opcodes: int) -> None:
    """Refuse pickles that need more memory or stack than the file's size justifies."""
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
            if count >= max_opcodes:
                raise UserError(f"must have at most {max_opcodes} pickle instructions. It has more.")
            if opcode.name in _MEMO_WRITES and int(argument or 0) > max_opcodes:
                raise UserError("declares a memo larger than its instructions could fill.")
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"is not a pickle ({' '.join(str(error).split())[:200]}).") from error


def _not_admitted(module: str, name: str) -> str:
    """What to say of a name in a pickle that no reader admits."""
    if module.partition(".")[0] in _COMMANDS:
        return f"names {name!r}, which runs commands. Nothing of it was run; do not open it with another program."
    return (
        f"names {name!r}, of another program, which is not admitted here. Nothing of it was run; export a network "
        "to ONNX, arrays to .npz."
    )


class _Unpickler(pickle.Unpickler):
    records: Mapping[tuple[str, str], type[Record]]
    persistent: Callable[[Any], Record] | None

    def find_class(self, module_name: str, global_name: str) -> Any:
        if (module_name, global_name) in self.records:
            return self.records[module_name, global_name]
        if (module_name, global_name) not in ARRAY_NAMES:
            raise UserError(_not_admitted(module_name, f"{module_name}.{global_name}"[:100]))
        return Admitted(ARRAY_NAMES[module_name, global_name])

    def persistent_load(self, pid: Any) -> Any:
        if self.persistent is None:
            raise UserError("refers to objects outside itself.")
        return self.persistent(pid)


class _Finisher:
    """Turns records to arrays, with no more work and memory than the file's size justifies."""

    def __init__(self, file_bytes: int, max_values: int) -> None:
        self.bytes_left = file_bytes
        self.values_left = max_values

    def finish(self, value: Any, depth: int = 0) -> Any:
        """The value with arrays in place of records; refuses everything that is not plain."""
        # Lists that hold one another many times over are small in the file and endless when copied.
        self.values_left -= 1
        if depth > MAX_DEPTH or self.values_left < 0:
            raise UserError(f"is nested more than {MAX_DEPTH} deep, or refers to the same values too often.")
        if isinstance(value, int) and value.bit_length() > MAX_INTEGER_BITS:
            raise UserError("holds an integer of thousands of digits.")
        if value is None or isinstance(value, bool | int | float | str | bytes):
            return value
        if isinstance(value, EncodedBytes):
            self._spend(len(value.text))
            return content_bytes(value)
        if isinstance(value, ArrayRecord):
            return self._array(value, depth)
        if isinstance(value, ScalarRecord):
            return self._array(value.array, depth).item()
        if isinstance(value, Record):
            return value.finished(lambda held: self.finish(held, depth + 1))
        if type(value) in (list, tuple):
            return type(value)(self.finish(item, depth + 1) for item in value)
        if type(value) is dict:
            return {self.finish(k, depth + 1): self.finish(v, depth + 1) for k, v in value.items()}
        raise UserError("holds more than arrays, texts and numbers.")

    def _spend(self, n_bytes: int) -> None:
        self.bytes_left -= n_bytes
        if self.bytes_left < 0:
            raise UserError("declares more array content than the file holds.")

    def _array(self, record: ArrayRecord, depth: int) -> Any:
        shape, dtype = record.shape, record.dtype
        if not isinstance(dtype, DtypeRecord):
            raise UserError("holds an array without content.")
        if not isinstance(shape, tuple) or not all(isinstance(size, int) and size >= 0 for size in shape):
            raise UserError("holds an array without a proper shape.")
        if str(dtype.code).startswith("O") and type(record.data) is list and shape == (len(record.data),):
            # Names from a table are an array of objects: here, a list of plain values.
            return self.finish(record.data, depth + 1)
        plain = dtype.finished()
        wanted = math.prod(shape) * plain.itemsize
        self._spend(wanted)
        data = content_bytes(record.data)
        if len(data) != wanted:
            raise UserError(f"holds an array of shape {shape!s:.60} that does not fit its {len(data)} bytes.")
        if not data:
            return np.empty(shape, plain)
        return np.frombuffer(data, plain).reshape(shape, order="F" if record.fortran_order else "C")
