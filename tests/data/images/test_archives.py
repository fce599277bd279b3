from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from data.images.archives import NO_IMAGE_ENDING, index_base_names, open_archive, skipped_others
from tlgan.errors import UserError


@pytest.fixture(params=["folder", "tar", "two tars", "stored zip", "deflated zip"])
def archive_paths(
    request: pytest.FixtureRequest, tmp_path: Path, make_tar: Callable[..., None]
) -> list[Path]:
    files = {"c.jpg": b"third" * 200, "a.jpg": b"first", "b.png": b"second"}
    if request.param == "folder":
        (tmp_path / "faces/deeper").mkdir(parents=True)
        for name, content in files.items():
            (tmp_path / "faces/deeper" / name).write_bytes(content)
        return [tmp_path / "faces"]
    if request.param == "tar":
        make_tar(tmp_path / "faces.tar", files, "deeper")
        return [tmp_path / "faces.tar"]
    if request.param == "two tars":
        make_tar(tmp_path / "1.tar", {"c.jpg": files.pop("c.jpg")}, "deeper")
        make_tar(tmp_path / "2.tar", files, "deeper")
        return [tmp_path / "1.tar", tmp_path / "2.tar"]
    compression = zipfile.ZIP_DEFLATED if request.param == "deflated zip" else zipfile.ZIP_STORED
    with zipfile.ZipFile(tmp_path / "faces.zip", "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(f"deeper/{name}", content)
    return [tmp_path / "faces.zip"]


def test_open_archive_sorts_names_and_reads_bytes(archive_paths: list[Path]) -> None:
    archive = open_archive(*archive_paths)
    assert [Path(name).name for name in archive.names] == ["a.jpg", "b.png", "c.jpg"]
    assert [archive.read(row) for row in range(3)] == [b"first", b"second", b"third" * 200]
    assert sorted(archive.reading_order([2, 0])) == [0, 2]
    chosen = archive.select([2, 0])
    assert [chosen.read(row) for row in range(len(chosen))] == [b"third" * 200, b"first"]


def test_open_archive_reads_tars_in_disk_order(tmp_path: Path, make_tar: Callable[..., None]) -> None:
    make_tar(tmp_path / "faces.tar", {"c.jpg": b"c", "a.jpg": b"a", "b.jpg": b"b"})
    assert open_archive(tmp_path / "faces.tar").reading_order([0, 1, 2]) == [2, 0, 1]


def test_open_archive_read_fails_when_the_tar_has_shrunk(
    tmp_path: Path, make_tar: Callable[..., None]
) -> None:
    path = tmp_path / "faces.tar"
    make_tar(path, {"a.jpg": b"x" * 3000})
    archive = open_archive(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(OSError, match="ends inside"):
        archive.read(0)


def test_open_archive_read_fails_on_a_damaged_zip_member(tmp_path: Path) -> None:
    path = tmp_path / "faces.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.jpg", b"good bytes here")
    path.write_bytes(path.read_bytes().replace(b"good bytes", b"evil bytes"))
    with pytest.raises(OSError, match="Bad CRC"):
        open_archive(path).read(0)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing", None, "does not exist"),
        ("faces.tar", b"no tar at all" * 100, "is no whole tar file"),
        ("faces.zip", b"no zip at all", "is no whole zip file"),
        ("faces.rar", b"", "must be a folder, a .tar or a .zip"),
        ("faces.tar.gz", b"", "Run: gunzip"),
    ],
)
def test_open_archive_refuses(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as caught:
        open_archive(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert message in str(caught.value)


def test_open_archive_refuses_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(UserError, match="must hold images"):
        open_archive(tmp_path)


def test_index_base_names_keeps_the_first_of_two(tmp_path: Path, make_tar: Callable[..., None]) -> None:
    make_tar(tmp_path / "1.tar", {"a.jpg": b"1"}, "one")
    make_tar(tmp_path / "2.tar", {"a.jpg": b"2", "b.jpg": b"3"}, "two")
    rows, repeated = index_base_names(open_archive(tmp_path / "1.tar", tmp_path / "2.tar"))
    assert rows == {"a.jpg": 0, "b.jpg": 2}
    assert repeated == ("two/a.jpg",)


def test_files_that_no_reader_opens_are_named(tmp_path: Path, make_tar: Callable[..., None]) -> None:
    files = {
        "a.jpg": b"1",
        "b.jpg_large": b"2",
        "c": b"3",
        "labels.csv": b"4",
        "README.md": b"5",
        ".DS_Store": b"6",
    }
    make_tar(tmp_path / "faces.tar", files, "deep")
    (tmp_path / "deep").mkdir()
    with zipfile.ZipFile(tmp_path / "faces.zip", "w") as archive:
        for name, content in files.items():
            (tmp_path / "deep" / name).write_bytes(content)
            archive.writestr(f"deep/{name}", content)
    for path, prefix in (
        (tmp_path / "deep", ""),
        (tmp_path / "faces.tar", "deep/"),
        (tmp_path / "faces.zip", "deep/"),
    ):
        opened = open_archive(path)
        assert opened.names == (f"{prefix}a.jpg",)
        assert skipped_others(opened) == {NO_IMAGE_ENDING: (f"{prefix}b.jpg_large", f"{prefix}c")}
        assert skipped_others(opened, Path("elsewhere/c")) == {NO_IMAGE_ENDING: (f"{prefix}b.jpg_large",)}
        assert opened.select([0]).others == opened.others


def test_names_in_zips_of_macos_are_utf8(tmp_path: Path) -> None:
    """They are stored as UTF-8, composed or not, without the flag that says so."""
    path = tmp_path / "faces.zip"
    archive_without_flag(path, {"Zo\u00eb.jpg".encode(): b"first", "Größe.jpg".encode("cp437"): b"second"})
    opened = open_archive(path)
    assert opened.names == ("Größe.jpg", "Zo\u00eb.jpg")
    assert [opened.read(row) for row in range(2)] == [b"second", b"first"]


def archive_without_flag(path: Path, files: dict[bytes, bytes]) -> None:
    """A zip whose names are these bytes, with no word about their encoding."""

    class Named(zipfile.ZipInfo):
        def _encodeFilenameFlags(self) -> tuple[bytes, int]:
            return self.raw, self.flag_bits  # type: ignore[attr-defined]

    with zipfile.ZipFile(path, "w") as archive:
        for raw, content in files.items():
            member = Named(f"{len(raw)}.jpg")
            member.raw = raw  # type: ignore[attr-defined]
            archive.writestr(member, content)


def test_a_web_page_in_place_of_an_archive_is_told(tmp_path: Path) -> None:
    (tmp_path / "img_align_celeba.zip").write_text(
        "<!DOCTYPE html><title>Google Drive - Quota exceeded</title>"
    )
    with pytest.raises(UserError, match=r"must be an archive of images\. It is a web page .*fetch it again"):
        open_archive(tmp_path / "img_align_celeba.zip")


def test_a_folder_of_other_files_names_one(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg_large").write_bytes(b"x")
    with pytest.raises(UserError, match=r"must hold images .*Got other files, such as photo\.jpg_large"):
        open_archive(tmp_path)
