"""Row files: appended, interrupted in every way, continued; what is done stays as it was."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.tlgan.storage.flipped_bytes import count_caught
from tlgan.errors import UserError
from tlgan.storage.row_files import (
    RowDataset,
    RowWriter,
    check_rows,
    map_rows,
    partial_path,
    read_attributes,
    rows_done,
)

COLUMNS = (
    RowDataset("latents", (3,), "<f4"),
    RowDataset("images", (2, 2, 3), "u1"),
    RowDataset("split", (), "u1"),
)
ROOT = Path(__file__).parents[3]


def rows(start: int, stop: int) -> dict[str, np.ndarray]:
    """Row i of every column holds numbers that only i decides."""
    numbers = np.arange(start, stop)
    return {
        "latents": (numbers[:, None] + np.float32([0.25, 0.5, 0.75])).astype("f4"),
        "images": (numbers[:, None] * 7 + np.arange(12)).reshape(-1, 2, 2, 3).astype("u1"),
        "split": (numbers % 3).astype("u1"),
    }


def write(path: Path, count: int, step: int = 7, stop_at: int | None = None) -> None:
    """Write as a stage does: from where the file is to `count`, or give up at `stop_at`."""
    with RowWriter(path, COLUMNS, count, {"format": "tlgan.test", "names_json": '["a"]'}) as writer:
        while writer.done < count:
            if stop_at is not None and writer.done >= stop_at:
                raise KeyboardInterrupt
            writer.append(rows(writer.done, min(writer.done + step, count)))


def check(path: Path, count: int) -> None:
    for name, values in rows(0, count).items():
        np.testing.assert_array_equal(map_rows(path, name, count), values)


def test_rows_come_back_and_hdf5_readers_see_them(tmp_path):
    path = tmp_path / "folder" / "a.h5"
    write(path, 25)
    assert rows_done(path) == 25
    assert not partial_path(path).exists()
    check(path, 25)
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["images"][...], rows(0, 25)["images"])
        assert file["images"].dtype == np.uint8
    assert read_attributes(path) == {"format": "tlgan.test", "names": ["a"]}


@pytest.mark.parametrize(("first", "second"), [(1, 25), (7, 3), (24, 24)])
def test_content_is_the_same_whatever_the_block(tmp_path, first, second):
    write(tmp_path / "a.h5", 25, first)
    write(tmp_path / "b.h5", 25, second)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_an_interrupted_file_has_no_finished_name_and_goes_on(tmp_path):
    path = tmp_path / "a.h5"
    with pytest.raises(KeyboardInterrupt):
        write(path, 25, stop_at=10)
    assert not path.exists()
    assert rows_done(partial_path(path)) == 14
    check(partial_path(path), 14)
    write(path, 25)
    write(tmp_path / "whole.h5", 25)
    assert path.read_bytes() == (tmp_path / "whole.h5").read_bytes()


def test_more_rows_are_appended_and_the_first_stay(tmp_path):
    path = tmp_path / "a.h5"
    write(path, 10)
    first = {name: np.array(map_rows(path, name)) for name in rows(0, 1)}
    write(path, 25)
    assert rows_done(path) == 25
    check(path, 25)
    for name, values in first.items():
        np.testing.assert_array_equal(map_rows(path, name, 10), values)


def test_the_finished_file_serves_while_more_rows_are_written(tmp_path):
    path = tmp_path / "a.h5"
    write(path, 10)
    with pytest.raises(KeyboardInterrupt):
        write(path, 25, stop_at=17)
    assert (rows_done(path), rows_done(partial_path(path))) == (10, 17)
    check(path, 10)
    write(path, 20)  # fewer than the room made, more than the finished file
    assert rows_done(path) == 20
    check(path, 20)
    write(path, 30)
    check(path, 30)


def test_fewer_rows_than_done_are_a_prefix(tmp_path):
    path = tmp_path / "a.h5"
    write(path, 25)
    check(path, 5)
    write(path, 5)  # nothing to do, nothing lost
    check(path, rows_done(path))


def test_finishing_early_publishes_what_there_is(tmp_path):
    path = tmp_path / "a.h5"
    with RowWriter(path, COLUMNS, 25, {}) as writer:
        writer.append(rows(0, 9))
        writer.append(rows(9, 9))  # none
        writer.finish_early()
    assert rows_done(path) == 9
    check(path, 9)
    assert len(map_rows(path, "latents")) == 9


@pytest.mark.parametrize("fails", [1, 2, 3, 4, 5, 8])
def test_a_full_disk_costs_the_block_that_did_not_fit(tmp_path, monkeypatch, fails):
    path, calls, pwrite = tmp_path / "a.h5", [], os.pwrite

    def full(descriptor, data, offset):
        calls.append(offset)
        if len(calls) == fails:  # a full disk takes a part of the data first
            pwrite(descriptor, bytes(data)[: len(data) // 2], offset)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return pwrite(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space"):
        write(path, 25)
    monkeypatch.undo()
    done = rows_done(partial_path(path))
    # A block is three columns and then the counter: half of one counts for nothing.
    assert done == 7 * ((fails - 1) // 4)
    check(partial_path(path), done)
    write(path, 25)
    check(path, 25)


def test_writes_that_take_little_at_a_time_are_continued(tmp_path, monkeypatch):
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda descriptor, data, offset: pwrite(descriptor, data[:5], offset))
    write(tmp_path / "a.h5", 25)
    check(tmp_path / "a.h5", 25)


def test_a_full_disk_while_growing_leaves_the_finished_file(tmp_path, monkeypatch):
    path = tmp_path / "a.h5"
    write(path, 10)

    def full(descriptor, data, offset):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space"):
        write(path, 25)
    assert [file.name for file in tmp_path.iterdir()] == ["a.h5"]
    check(path, 10)


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = [sys.argv[1], sys.argv[2]]
from test_row_files import write
calls, pwrite = [], os.pwrite
def deadly(descriptor, data, offset):
    calls.append(1)
    if len(calls) == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
    return pwrite(descriptor, data, offset)
os.pwrite = deadly
write(Path(sys.argv[3]), 25)
"""


def test_a_killed_writer_leaves_a_file_that_goes_on(tmp_path):
    path = tmp_path / "a.h5"
    deadly_write = 8  # the second block's rows are written then, but not its counter
    arguments = [str(ROOT), str(Path(__file__).parent), str(path), str(deadly_write)]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert rows_done(partial_path(path)) == 7
    write(path, 25)
    write(tmp_path / "whole.h5", 25)
    assert path.read_bytes() == (tmp_path / "whole.h5").read_bytes()


@pytest.mark.parametrize("content", [b"", b"no artefact", b"\x89HDF\r\n\x1a\n" + bytes(64)])
def test_a_damaged_partial_file_is_begun_again(tmp_path, content):
    path = tmp_path / "a.h5"
    partial_path(path).write_bytes(content)
    assert rows_done(partial_path(path)) == 0
    write(path, 9)
    check(path, 9)


def foreign_file(path: Path, change) -> None:
    with h5py.File(path, "w") as file:
        change(file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file: None, "not a readable artefact"),
        (lambda file: file.create_dataset("rows_done", data=[3]), "not a readable artefact"),
        (
            lambda file: (file.create_group("rows_done"), file.create_group("images")),
            "not a readable artefact",
        ),
        (
            lambda file: (
                file.create_dataset("rows_done", data=[3]),
                file.create_dataset("images", data=np.zeros((3, 2)), chunks=(1, 2)),
            ),
            "does not lie in one piece",
        ),
        (
            lambda file: (
                file.create_dataset("rows_done", data=[3]),
                file.create_dataset("images", data=np.zeros((3, 2))),
            ),
            r"must hold 5 rows\. Got 3\. Run the stage again",
        ),
    ],
)
def test_foreign_files_are_refused_by_name(tmp_path, change, message):
    path = tmp_path / "foreign.h5"
    foreign_file(path, change)
    with pytest.raises(UserError, match=message) as error:
        map_rows(path, "images", 5)
    assert str(error.value).startswith(f"{path}: ")


@pytest.mark.parametrize("content", [None, b"", b"no artefact"])
def test_files_of_other_content_are_refused_by_name(tmp_path, content):
    path = tmp_path / "a.h5"
    if content is not None:
        path.write_bytes(content)
    for read in (lambda: map_rows(path, "images"), lambda: read_attributes(path)):
        with pytest.raises(UserError, match="not a readable artefact") as error:
            read()
        assert str(error.value).startswith(f"{path}: ")


def test_attributes_that_are_no_json_are_refused_by_name(tmp_path):
    path = tmp_path / "a.h5"
    foreign_file(path, lambda file: file.attrs.update(names_json="["))
    with pytest.raises(UserError, match="not a readable artefact"):
        read_attributes(path)


def test_no_rows_are_an_empty_array_of_the_right_shape(tmp_path):
    path = tmp_path / "a.h5"
    write(path, 3)
    empty = map_rows(path, "images", 0)
    assert (empty.shape, empty.dtype) == ((0, 2, 2, 3), np.uint8)


@pytest.mark.parametrize(
    "wrong",
    [
        {"latents": np.zeros((1, 3))},
        rows(0, 2) | {"split": np.zeros(3, "u1")},
        rows(0, 2) | {"latents": np.zeros((2, 4))},
        rows(0, 26),
    ],
)
def test_append_refuses_wrong_rows(tmp_path, wrong):
    with (
        pytest.raises(ValueError, match=r"append takes|must be|do not fit"),
        RowWriter(tmp_path / "a.h5", COLUMNS, 25, {}) as writer,
    ):
        writer.append(wrong)
    assert not (tmp_path / "a.h5").exists()


def test_rows_without_numbers_are_written_and_read(tmp_path):
    """Images without any label, for instance."""
    path = tmp_path / "rows.h5"
    datasets = (RowDataset("images", (2,), "u1"), RowDataset("labels", (0,), "<f4"))
    with RowWriter(path, datasets, 3, {}) as writer:
        writer.append({"images": np.ones((3, 2)), "labels": np.zeros((3, 0))})
    assert np.asarray(map_rows(path, "labels")).shape == (3, 0)
    assert np.asarray(map_rows(path, "images")).sum() == 6


def read_all(path: Path) -> list[object]:
    columns = [np.asarray(map_rows(path, column.name)).tolist() for column in COLUMNS]
    return [*columns, read_attributes(path), rows_done(path)]


def test_every_wrong_byte_is_caught_or_changes_nothing(tmp_path):
    path = tmp_path / "a.h5"
    write(path, 25)
    whole = path.read_bytes()
    numbers = [
        whole.index(values.tobytes()) + place for values in rows(0, 25).values() for place in range(25)
    ]
    assert count_caught(path, lambda: read_all(path), numbers) == len(numbers)
    with h5py.File(path) as file:
        counter = file["rows_done"].id.get_offset()
    # One of its two halves is enough.
    assert count_caught(path, lambda: read_all(path), range(counter, counter + 80, 3)) == 0
    others = range(2048, len(whole), 41)
    assert count_caught(path, lambda: read_all(path), others) > 0.9 * len(others)


def test_a_wrong_byte_in_full_blocks_and_their_checksums_is_caught(tmp_path):
    path = tmp_path / "wide.h5"
    columns = [RowDataset("images", (2**14,), "u1")]  # 16 rows are a block
    values = np.random.default_rng(0).integers(0, 256, (40, 2**14), dtype="u1")
    with RowWriter(path, columns, 40, {}) as writer:
        for start in range(0, 40, 3):
            writer.append({"images": values[start : start + 3]})
    check_rows(path)
    whole = path.read_bytes()
    start = whole.index(values.tobytes())
    positions = [start, start + 2**18 - 1, start + 2**18, start + 40 * 2**14 - 1]
    positions += [whole.rindex(zlib.crc32(values[:16]).to_bytes(4, "little"))]
    assert count_caught(path, lambda: np.asarray(map_rows(path, "images")).tobytes(), positions) == 5
    damaged = bytearray(whole)
    damaged[positions[2]] ^= 1
    path.write_bytes(damaged)
    rows = map_rows(path, "images")
    np.testing.assert_array_equal(rows[:16], values[:16])
    with pytest.raises(UserError, match="rows 16 to 31 of `images` are damaged"):
        rows[15:17]
    with pytest.raises(UserError, match="rows 16 to 31"):
        check_rows(path)


def test_damage_in_a_partial_file_is_not_lost_when_rows_follow(tmp_path):
    path = tmp_path / "a.h5"
    with pytest.raises(KeyboardInterrupt):
        write(path, 25, stop_at=10)
    damaged = bytearray(partial_path(path).read_bytes())
    damaged[damaged.index(rows(0, 14)["latents"].tobytes()) + 5] ^= 1
    partial_path(path).write_bytes(damaged)
    write(path, 25)
    with pytest.raises(UserError, match="rows 0 to 24 of `latents` are damaged"):
        np.asarray(map_rows(path, "latents"))
    with pytest.raises(UserError, match="are damaged"):
        write(path, 30)  # copies the rows, and so reads them


def write_as_before(path: Path, count: int, counter: int) -> None:
    """A file as earlier versions wrote it: without checksums, and one number that counts."""
    with h5py.File(path, "w") as file:
        file["rows_done"] = np.array([counter])
        for name, values in rows(0, count).items():
            file[name] = values


def test_files_of_earlier_versions_are_read_and_gain_checksums_as_they_grow(tmp_path):
    path = tmp_path / "a.h5"
    write_as_before(path, 10, 10)
    assert not check_rows(path)
    check(path, 10)
    write(path, 25)
    check(path, 25)
    assert check_rows(path)
    write_as_before(partial_path(path), 40, 27)
    write(path, 40)
    check(path, 40)
    assert check_rows(path)


@pytest.mark.parametrize("counter", [640, -3])
def test_a_partial_file_that_counts_more_than_its_room_is_refused(tmp_path, counter):
    path = tmp_path / "a.h5"
    write_as_before(partial_path(path), 40, counter)
    with pytest.raises(UserError, match=rf"partial: must count 0 to 40 rows, its room\. Got {counter}\."):
        write(path, 40)
    assert not path.exists()
