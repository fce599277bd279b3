"""Files and folders that are there whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tlgan.errors import UserError
from tlgan.storage.atomic_files import replacing, replacing_folder


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()
    }


def write_and_fail(opened, name, error):
    """Write a file under the temporary path (as it, where `name` is empty), then raise `error`."""
    with opened as partial:
        (partial / name).write_text("half")
        raise error


@pytest.fixture
def old(tmp_path):
    """A folder `axes` with the file `old.txt`."""
    folder = tmp_path / "axes"
    folder.mkdir()
    (folder / "old.txt").write_text("old")
    return folder


def test_replacing_writes_the_file_and_leaves_nothing_else(tmp_path):
    with replacing(tmp_path / "a.txt") as partial:
        partial.write_text("whole")
    assert contents(tmp_path) == {"a.txt": "whole"}


def test_replacing_leaves_the_old_file_where_the_block_fails(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(ZeroDivisionError):
        write_and_fail(replacing(tmp_path / "a.txt"), "", ZeroDivisionError())
    assert contents(tmp_path) == {"a.txt": "old"}


def test_replacing_folder_makes_a_new_folder_and_those_above_it(tmp_path):
    with replacing_folder(tmp_path / "runs" / "axes") as partial:
        (partial / "inner").mkdir()
        (partial / "inner" / "new.txt").write_text("new")
    assert contents(tmp_path) == {"runs/axes/inner/new.txt": "new"}
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["axes"]


def test_replacing_folder_replaces_the_old_folder_as_a_whole(old):
    with replacing_folder(old) as partial:
        (partial / "new.txt").write_text("new")
        assert contents(old) == {"old.txt": "old"}
    assert contents(old.parent) == {"axes/new.txt": "new"}
    assert list(old.parent.iterdir()) == [old]


@pytest.mark.parametrize(
    "error", [ZeroDivisionError(), KeyboardInterrupt(), RuntimeError("a bug"), UserError("bad")]
)
def test_replacing_folder_leaves_the_old_folder_where_the_block_fails(old, error):
    with pytest.raises(type(error)):
        write_and_fail(replacing_folder(old), "new.txt", error)
    assert contents(old.parent) == {"axes/old.txt": "old"}
    assert list(old.parent.iterdir()) == [old]


def test_replacing_folder_leaves_the_old_folder_where_the_new_one_cannot_take_its_place(old, monkeypatch):
    rename = Path.rename

    def refuse_partial(path, target):
        if path.name.endswith(".partial"):
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse_partial)
    message = r"axes: cannot be written \(Input/output error\); choose a folder that can"
    with pytest.raises(UserError, match=message), replacing_folder(old) as partial:
        (partial / "new.txt").write_text("new")
    assert contents(old.parent) == {"axes/old.txt": "old"}
    assert list(old.parent.iterdir()) == [old]


def test_replacing_folder_puts_back_what_a_killed_process_left_aside(old):
    aside = old.rename(old.with_name("axes.replaced"))
    with pytest.raises(ZeroDivisionError):
        write_and_fail(replacing_folder(old), "new.txt", ZeroDivisionError())
    assert contents(old) == {"old.txt": "old"}
    assert not aside.exists()


def test_replacing_folder_removes_an_old_folder_that_a_killed_process_left_beside_the_new_one(old):
    aside = old.with_name("axes.replaced")
    aside.mkdir()
    (aside / "older.txt").write_text("older")
    with replacing_folder(old) as partial:
        (partial / "new.txt").write_text("new")
    assert contents(old.parent) == {"axes/new.txt": "new"}


def test_replacing_folder_refuses_a_file_in_its_place_and_leaves_it(tmp_path):
    (tmp_path / "axes").write_text("a file")
    with (
        pytest.raises(UserError, match="axes: cannot be written"),
        replacing_folder(tmp_path / "axes") as partial,
    ):
        (partial / "new.txt").write_text("new")
    assert contents(tmp_path) == {"axes": "a file"}


def test_replacing_folder_says_what_to_do(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(UserError, match=r"cannot be written \(Not a directory\); save again\."),
        replacing_folder(tmp_path / "file" / "axes", "save again."),
    ):
        pass


def test_full_disk_is_named(old):
    with pytest.raises(UserError, match="no space left"), replacing_folder(old):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert contents(old) == {"old.txt": "old"}
