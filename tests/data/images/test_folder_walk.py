"""Files below a folder: all of them, or a word about it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.images.archives import open_archive
from data.images.folder_walk import files_below
from tlgan.errors import UserError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "faces/deep").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    for name in ("faces/b.png", "faces/deep/a.png", "elsewhere/c.png"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path / "faces"


def test_files_below_are_sorted_and_relative(folder: Path) -> None:
    assert files_below(folder) == ["b.png", "deep/a.png"]


def test_folders_behind_links_are_listed_once(folder: Path) -> None:
    (folder / "linked").symlink_to(folder.parent / "elsewhere")
    (folder / "again").symlink_to(folder / "deep")
    (folder / "deep/up").symlink_to(folder)  # a loop
    (folder / "c.png").symlink_to(folder.parent / "elsewhere/c.png")
    found = files_below(folder)
    assert [Path(name).name for name in found] == ["a.png", "b.png", "c.png", "c.png"]
    assert "linked/c.png" in found
    archive = open_archive(folder)
    assert archive.read(archive.names.index("linked/c.png")) == b"x"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_may_not_be_listed_is_refused(folder: Path) -> None:
    (folder / "deep").chmod(0)
    try:
        with pytest.raises(UserError, match="deep: cannot be listed"):
            files_below(folder)
    finally:
        (folder / "deep").chmod(0o755)


def test_what_the_system_refuses_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(
        UserError, match=r"faces: cannot be listed \(Permission denied\)\. Correct its permissions"
    ):
        files_below(folder)
