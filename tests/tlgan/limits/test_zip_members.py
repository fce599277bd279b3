"""Members of archives come out no longer than the limit, whatever the archive says of them."""

from __future__ import annotations

import zipfile

import pytest

from tlgan.errors import UserError
from tlgan.limits.zip_members import ZIP_DAMAGE, open_member, open_zip, read_member


@pytest.fixture
def path(tmp_path):
    return tmp_path / "archive.zip"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_come_out_whole(path, method):
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a", b"one" * 1000)
        archive.writestr("empty", b"")
    with open_zip(path) as archive:
        assert read_member(archive, "a", 3000) == b"one" * 1000
        assert read_member(archive, "empty", 0) == b""


def test_members_over_the_limit_are_refused_unread(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(1_000_000))
    with open_zip(path) as archive, pytest.raises(UserError, match=r"at most 999 bytes. It declares 1000000"):
        read_member(archive, "a", 999)


def test_a_member_that_is_longer_than_it_says_is_damage(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(1_000_000))
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\1\2", 24), (b"PK\3\4", 22)):  # sizes in the directory and before the member
        place = content.index(mark) + offset
        content[place : place + 4] = (100).to_bytes(4, "little")
    path.write_bytes(content)
    with open_zip(path) as archive, pytest.raises(ZIP_DAMAGE):
        read_member(archive, "a", 1000)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_reserve_memory_are_refused(path, method):
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a", b"text")
    with (
        open_zip(path) as archive,
        pytest.raises(UserError, match="must be stored or compressed by deflate"),
        open_member(archive, "a"),
    ):
        pass


def test_members_that_overlap_are_refused(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", bytes(10_000))
        member = archive.getinfo("a")
        archive.filelist.extend([member] * 3)
    with pytest.raises(UserError, match="members that overlap"), open_zip(path):
        pass
