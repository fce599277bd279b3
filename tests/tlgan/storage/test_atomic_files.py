"""Files that appear whole or not at all, and reading errors that start with the path."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tlgan.errors import UserError
from tlgan.storage.atomic_files import (
    _partial_name,
    check_free_space,
    check_size,
    is_disk_full,
    is_lock_refused,
    reading,
    remove_dead_partials,
    replacing,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_replacing_writes_in_the_same_folder_and_leaves_one_file(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with replacing(target) as partial:
        assert partial.parent == tmp_path
        partial.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [KeyError("bug"), KeyboardInterrupt(), RuntimeError("bug")])
def test_replacing_keeps_the_old_file_where_the_block_fails(tmp_path, error):
    target = tmp_path / "a.txt"
    target.write_text("old")

    def write_and_fail() -> None:
        with replacing(target) as partial:
            partial.write_text("half")
            raise error

    with pytest.raises(type(error)):
        write_and_fail()
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space"), OSError(errno.EDQUOT, "quota"), RuntimeError("... errno = 28, ...")],
)
def test_replacing_says_that_the_disk_is_full(tmp_path, error):
    with pytest.raises(UserError, match=r"a\.txt: no space left; free some"), replacing(tmp_path / "a.txt"):
        raise error
    assert names(tmp_path) == []


REFUSED = (
    "[Errno 37] Unable to create file (unable to lock file, errno = 37, error message = 'No locks available')"
)


def test_a_file_system_without_locks_is_told_with_what_to_set(tmp_path):
    error = OSError(errno.ENOLCK, REFUSED)
    assert is_lock_refused(error)
    assert not is_lock_refused(OSError(errno.EIO, "errno = 5,"))
    words = r"a\.txt: cannot be locked; its file system has no locks: set HDF5_USE_FILE_LOCKING=FALSE"
    with pytest.raises(UserError, match=words), replacing(tmp_path / "a.txt"):
        raise error
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(UserError, match=words), reading(tmp_path / "a.txt", "a file"):
        raise error


def test_replacing_says_where_it_cannot_write(tmp_path):
    with (
        pytest.raises(UserError, match=r"a\.txt: cannot be written \(No such file or directory\)"),
        replacing(tmp_path / "missing" / "a.txt") as partial,
    ):
        partial.write_text("x")


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, ""), True),
        (OSError(errno.EFBIG, ""), True),
        (OSError(errno.EACCES, ""), False),
        (RuntimeError("Unable to flush (file write failed: errno = 28, error message = 'No space')"), True),
        (RuntimeError("errno = 2, no such file"), False),
        (ValueError("errno = 28,"), False),
    ],
)
def test_is_disk_full(error, full):
    assert is_disk_full(error) is full


def test_reading_names_a_missing_file(tmp_path):
    with (
        pytest.raises(UserError, match=r"x\.csv: there is no such file"),
        reading(tmp_path / "x.csv", "a file"),
    ):
        pytest.fail("the block ran")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (UserError("must have rows."), "must have rows."),
        (OSError("dead\ndisk"), "is not a table that can be read (dead disk); correct it."),
        (KeyError("k"), "is not a table that can be read ('k'); correct it."),
        (KeyError("k" * 999), "kkk); correct it."),
    ],
)
def test_reading_puts_the_path_before_what_was_wrong(tmp_path, error, message):
    path = tmp_path / "x.csv"
    path.touch()
    with pytest.raises(UserError) as caught, reading(path, "a table", KeyError, remedy="correct it."):
        raise error
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).endswith(message)
    assert len(str(caught.value)) < 400


def test_reading_lets_other_errors_through(tmp_path):
    (tmp_path / "x.csv").touch()
    with pytest.raises(ZeroDivisionError), reading(tmp_path / "x.csv", "a table", KeyError):
        raise ZeroDivisionError


def test_check_size_refuses_what_is_larger(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    check_size(path, 5)
    with pytest.raises(UserError, match=r"at most 4 bytes\. Got 5"):
        check_size(path, 4)


def dead_process() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def partial_of(process: int, name: str = "a.h5", host: str = "") -> str:
    host = host or _partial_name(Path(name)).name.split(".")[-2].split("-")[0]
    return f"{name}.{host}-{process}.partial"


def test_dead_partials_are_removed_and_living_ones_stay(tmp_path):
    dead = dead_process()
    (tmp_path / partial_of(dead)).write_text("half")
    (tmp_path / partial_of(dead, "axes")).mkdir()
    (tmp_path / partial_of(dead, "axes") / "a.csv").write_text("half")
    stay = [partial_of(os.getppid()), partial_of(dead, host="000000"), "a.h5.partial", "12.partial", "a.7.h5"]
    for name in stay:
        (tmp_path / name).write_text("half")
    remove_dead_partials(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(stay)


def test_partials_of_other_machines_are_removed_after_a_day(tmp_path):
    for name in (partial_of(1, host="000000"), "a.h5.1.partial"):  # the second of an earlier version
        (tmp_path / name).write_text("half")
        os.utime(tmp_path / name, (0, time.time() - 25 * 3600))
    remove_dead_partials(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_writing_again_removes_what_a_killed_process_left_of_the_same_file(tmp_path):
    dead = dead_process()
    for name in ("a[1].h5", "a[1].h5.old", "b.h5"):
        (tmp_path / partial_of(dead, name)).write_text("half")
    with replacing(tmp_path / "a[1].h5") as partial:
        partial.write_text("whole")
    left = [partial_of(dead, "a[1].h5.old"), partial_of(dead, "b.h5")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a[1].h5", *left]


@pytest.mark.parametrize(
    ("total", "free", "needed", "refused"),
    [(10e6, 2e6, 2_000_001, True), (10e6, 2e6, 2_000_000, False), (0, 0, 5, False), (10e6, 0, 0, False)],
)
def test_a_file_that_has_no_room_is_not_begun(tmp_path, monkeypatch, total, free, needed, refused):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(total, 0, free))
    if not refused:
        check_free_space(tmp_path / "a.h5", needed)
        return
    with pytest.raises(UserError, match=r"a\.h5: needs 2\.0 MB more, and its disk has 2\.0 MB free\. Free"):
        check_free_space(tmp_path / "a.h5", needed)


def test_a_disk_that_cannot_be_asked_has_room(tmp_path):
    check_free_space(tmp_path / "missing" / "a.h5", 2**60)
