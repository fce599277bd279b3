"""Hashes of files by content, cached while the files do not change."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from models.weights.card import check_card
from tlgan.storage.file_hash import file_sha256


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    facts = path.stat()
    return _hash(path, facts.st_mtime_ns, facts.st_size)


def weights_hash(path: Path) -> str:
    """Hash of a network's file and of the sidecar of a foreign one, which says how it is read.

    Raises
    ------
    UserError
        Where the card beside the network holds another hash.
    """
    check_card(path, file_hash(path))
    sidecar = path.with_suffix(".toml")
    if not sidecar.is_file():
        return file_hash(path)
    return hashlib.sha256(f"{file_hash(path)} {file_hash(sidecar)}".encode()).hexdigest()


@functools.cache
def _hash(path: Path, _modified: int, _size: int) -> str:
    return file_sha256(path)
