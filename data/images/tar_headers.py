"""Headers of tar files that are read in linear time: what a header may say of itself is bounded."""

from __future__ import annotations

import re
import tarfile

# Long names and extended headers: a path and a few numbers.
MAX_HEADER_BYTES = 2**16
_LONG = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
# What `tarfile` raises for a damaged file, beside OSError.
TAR_DAMAGE = (tarfile.TarError, EOFError, ValueError, RecursionError, OverflowError)


class BoundedTarInfo(tarfile.TarInfo):
    """A member of a tar file; refuses headers that go backwards, or that take time without bound.

    Examples
    --------
    >>> with tarfile.open("faces.tar", "r:", tarinfo=BoundedTarInfo) as tar:
    ...     names = tar.getnames()
    """

    def _proc_member(self, archive):
        if self.size < 0:
            raise tarfile.ReadError("a member of negative size")
        if self.type in _LONG:
            if self.size > MAX_HEADER_BYTES:
                raise tarfile.ReadError(f"a header of {self.size} bytes")
            # `tarfile` looks for a word behind a number, again from each digit on.
            place = archive.fileobj.tell()
            if re.search(rb"[0-9]{32}", archive.fileobj.read(self.size)):
                raise tarfile.ReadError("a header with a number of many digits")
            archive.fileobj.seek(place)
        return super()._proc_member(archive)  # type: ignore[misc]
