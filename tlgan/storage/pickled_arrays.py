"""Inert records of the NumPy arrays in a pickle: none of NumPy's constructors is called.

An array rebuilt by NumPy from a forged dtype or shape can reach memory that is not its own. These records
keep what the pickle says; `tlgan.storage.safe_pickle` makes arrays of them once type, shape and length agree.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tlgan.errors import UserError


class DtypeRecord:
    """The dtype that a pickle declares."""

    __slots__ = ("byteorder", "code")

    def __init__(self, code: str) -> None:
        self.code = code
        self.byteorder = "<"

    def __setstate__(self, state: Any) -> None:
        _, byteorder, *structure = state
        if any(part is not None for part in structure[:3]):
            raise UserError("holds an array of structures; only plain numbers and texts are read.")
        self.byteorder = byteorder

    def finished(self) -> np.dtype[Any]:
        """The dtype, of plain numbers or texts."""
        kind, size = str(self.code)[:1], str(self.code)[1:]
        if (
            kind not in "fiuUS"
            or not size.isdecimal()
            or not 1 <= int(size[:7]) < 10**6  # texts of no size would take no place in the file
            or self.byteorder not in ("<", ">", "=", "|")
        ):
            raise UserError(
                f"holds an array of type {self.code!r:.40}; only plain numbers and texts are read."
            )
        return np.dtype(f"{self.byteorder}{kind}{size}")


class ArrayRecord:
    """The array that a pickle declares."""

    __slots__ = ("data", "dtype", "fortran_order", "shape")

    def __init__(self) -> None:
        self.shape = self.dtype = self.data = self.fortran_order = None

    def __setstate__(self, state: Any) -> None:
        _, self.shape, self.dtype, self.fortran_order, self.data = state


class ScalarRecord:
    """The NumPy scalar that a pickle declares."""

    __slots__ = ("array",)

    def __init__(self, dtype: Any, data: Any) -> None:
        self.array = ArrayRecord()
        self.array.__setstate__((1, (), dtype, False, data))


class EncodedBytes:
    """A text that stands for bytes: how Python 3 writes bytes in protocols 0 to 2."""

    __slots__ = ("text",)

    def __init__(self, text: Any) -> None:
        self.text = text


class Admitted:
    """Stands for an admitted name; has no attributes that a pickle could change."""

    __slots__ = ("_kind",)
    _kind: str

    def __init__(self, kind: str) -> None:
        object.__setattr__(self, "_kind", kind)

    def __setattr__(self, name: str, value: Any) -> None:
        raise UserError("tries to change what it may only name.")

    def __call__(self, *arguments: Any) -> Any:
        if self._kind == "reconstruct":
            return ArrayRecord()
        if self._kind == "dtype":
            return DtypeRecord(arguments[0])
        if self._kind == "scalar":
            return ScalarRecord(arguments[0], arguments[1])
        if self._kind == "frombuffer":
            data, dtype, shape, order = arguments
            array = ArrayRecord()
            array.__setstate__((1, shape, dtype, order == "F", data))
            return array
        if self._kind == "encode" and arguments[1:] in ((), ("latin1",), ("latin-1",)):
            return EncodedBytes(arguments[0])
        if self._kind == "empty bytes" and not arguments:
            return b""
        raise UserError("calls what it may only name.")


ARRAY_NAMES = {
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
    ("_codecs", "encode"): "encode",
    # Protocols 0 to 2 write b"" as a call without arguments.
    ("__builtin__", "bytes"): "empty bytes",
    **{
        (f"numpy.{core}.{module}", name): kind
        for core in ("core", "_core")
        for module, name, kind in (
            ("multiarray", "_reconstruct", "reconstruct"),
            ("multiarray", "scalar", "scalar"),
            ("numeric", "_frombuffer", "frombuffer"),
        )
    },
}
"""What a pickle may name, (module, name), to make an array."""


def content_bytes(data: Any) -> bytes:
    """The bytes that a pickle gave as an array's content."""
    if isinstance(data, EncodedBytes):
        data = data.text
    if isinstance(data, str):
        return data.encode("latin1")
    if isinstance(data, bytes | bytearray):
        return bytes(data)
    raise UserError("holds an array whose content is no block of bytes.")
