"""Members of zip archives, unfolded no further than a limit."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tlgan.errors import UserError

# What `zipfile` raises for a damaged archive, beside OSError; RuntimeError is a member behind a password.
ZIP_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)
# Others (LZMA, bzip2) reserve memory that the file declares, before a byte comes out.
METHODS = {zipfile.ZIP_STORED: "stored", zipfile.ZIP_DEFLATED: "deflate"}


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose members lie side by side; where they overlap, a small file can hold any number.

    Raises
    ------
    UserError
        Where the members together are longer than the file.
    one of `ZIP_DAMAGE`
        Where the archive is damaged.
    """
    with zipfile.ZipFile(path) as archive:
        together = sum(member.compress_size for member in archive.infolist())
        if together > path.stat().st_size:
            raise UserError("has members that overlap, which no program packs; fetch it again.")
        yield archive


@contextmanager
def open_member(archive: zipfile.ZipFile, name: str | zipfile.ZipInfo) -> Iterator[IO[bytes]]:
    """Open a member to be read piece by piece; `read(n)` unfolds n bytes and no more.

    Do not read it without a number: that unfolds all of it, even where the archive says it is small.

    Raises
    ------
    UserError
        Where the member is compressed by another method than deflate.
    """
    member = archive.getinfo(name) if isinstance(name, str) else name
    if member.compress_type not in METHODS:
        raise UserError(
            f"{member.filename!r:.80} must be stored or compressed by deflate. Got method "
            f"{member.compress_type}; pack it again."
        )
    with archive.open(member) as stream:
        yield stream


def read_member(archive: zipfile.ZipFile, name: str | zipfile.ZipInfo, limit: int) -> bytes:
    """The bytes of a member.

    Parameters
    ----------
    archive : open ZipFile
    name : str or ZipInfo
    limit : int
        Bytes that it may have.

    Raises
    ------
    UserError
        Where it declares or has more, or is compressed by another method than deflate.
    one of `ZIP_DAMAGE`
        Where the archive is damaged.
    """
    member = archive.getinfo(name) if isinstance(name, str) else name
    if member.file_size > limit:
        raise UserError(
            f"{member.filename!r:.80} must have at most {limit} bytes. It declares {member.file_size}."
        )
    with open_member(archive, member) as stream:
        return stream.read(member.file_size)
