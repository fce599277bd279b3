"""Archives whose members unfold to gigabytes: the member is not read, the others are."""

from __future__ import annotations

import zipfile

import pytest

from data.images.archives import MAX_IMAGE_BYTES, open_archive
from tlgan.errors import UserError


def write_zip(path, size):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("a.png", b"small")
        with archive.open("b.png", "w") as member:
            for _ in range(size // 2**20):
                member.write(bytes(2**20))
    return path


def test_zip_members_over_the_limit_are_not_unfolded(tmp_path):
    archive = open_archive(write_zip(tmp_path / "faces.zip", MAX_IMAGE_BYTES + 2**20))
    assert archive.names == ("a.png", "b.png")
    assert archive.read(0) == b"small"
    with pytest.raises(OSError, match=r"'b\.png' must have at most"):
        archive.read(1)


def test_zip_members_that_are_longer_than_they_say_are_not_unfolded(tmp_path):
    path = write_zip(tmp_path / "faces.zip", 2**23)
    content = path.read_bytes()
    path.write_bytes(content.replace((2**23).to_bytes(4, "little"), (100).to_bytes(4, "little")))
    with pytest.raises(OSError, match=r"b\.png"):
        open_archive(path).read(1)


def test_a_member_without_a_name_is_no_picture(tmp_path):
    path = write_zip(tmp_path / "faces.zip", 0)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("nameless", b"what is this")
    path.write_bytes(path.read_bytes().replace(b"nameless", bytes(8)))  # the name ends at its first zero
    assert open_archive(path).names == ("a.png", "b.png")


def test_files_over_the_limit_are_not_read(tmp_path, make_tar):
    folder = tmp_path / "faces"
    folder.mkdir()
    with (folder / "a.png").open("wb") as file:
        file.truncate(MAX_IMAGE_BYTES + 1)  # takes no place on the disk
    with pytest.raises(OSError, match="more than"):
        open_archive(folder).read(0)


@pytest.mark.parametrize("damage", [b"PK\3\4", b"PK\5\6" + bytes(18), b"PK\1\2" * 100, bytes(1000)])
def test_damaged_zips_are_a_sentence(tmp_path, damage):
    (tmp_path / "a.zip").write_bytes(damage)
    with pytest.raises(UserError, match=r"a\.zip: (is no whole zip file|must hold images)"):
        open_archive(tmp_path / "a.zip")
