"""Tar files whose headers were made to take time, or to be read for ever."""

from __future__ import annotations

import tarfile

import pytest

from data.images.archives import open_archive
from data.images.tar_headers import MAX_HEADER_BYTES, BoundedTarInfo
from tlgan.errors import UserError


def header(name="a.png", size=0, kind=tarfile.REGTYPE):
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


def padded(data):
    return data + bytes(-len(data) % 512)


def extended(data):
    return header("x", len(data), tarfile.XHDTYPE) + padded(data)


def negative():
    """A member of -512 bytes, in base 256."""
    block = bytearray(header())
    block[124:136] = b"\xff" * 10 + (0xFE00).to_bytes(2, "big")
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


TARS = {
    "digits": extended(b"1" * 60_000),
    "long header": extended(b"1" * (MAX_HEADER_BYTES + 1)),
    "nested names": (header("x", 2, tarfile.GNUTYPE_LONGNAME) + padded(b"n\0")) * 3_000,
    "negative size": negative() + header(),
    "no text": extended(b"30 path=\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\n"),
}


@pytest.mark.parametrize("content", TARS.values(), ids=TARS)
def test_hostile_headers_are_refused_at_once(tmp_path, content):
    (tmp_path / "a.tar").write_bytes(content + bytes(1024))
    with pytest.raises(UserError, match=r"a\.tar: (is no whole tar file|must hold images)"):
        open_archive(tmp_path / "a.tar")


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_are_read(tmp_path, form):
    name = "é" * 60 + "/" + "b" * 150 + ".png"
    with tarfile.open(tmp_path / "a.tar", "w", format=form) as tar:
        tar.addfile(tarfile.TarInfo(name))
    with tarfile.open(tmp_path / "a.tar", "r:", tarinfo=BoundedTarInfo) as tar:
        assert tar.getnames() == [name]
