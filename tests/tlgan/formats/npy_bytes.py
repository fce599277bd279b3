"""Damaged and harmful .npy data for the tests of the formats that hold such arrays."""

from __future__ import annotations

from pathlib import Path


def npy(header: str, data: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    """Data of a .npy file with the given header."""
    text = header.encode() + b"\n"
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text + data


class Marks:
    """Opens a file for writing when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> object:
        return open, (str(self.path), "w")
