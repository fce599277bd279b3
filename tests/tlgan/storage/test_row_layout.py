"""What a row file says of itself: places, and a counter that survives half a write and refuses the impossible."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.storage.checksums import check_bytes
from tlgan.storage.row_layout import COUNT, RowCount, RowDataset, create_row_file, offset_of, read_layout

COLUMNS = (RowDataset("scores", (3,), "<f4"), RowDataset("split", (), "u1"), RowDataset("none", (0,), "<f4"))


@pytest.fixture
def path(tmp_path):
    create_row_file(tmp_path / "a.h5", COLUMNS, 600, {"format": "tlgan.test"})
    return tmp_path / "a.h5"


def layout(path):
    with h5py.File(path, "r") as file:
        return read_layout(path, file)


def write_slots(path, first, second):
    with h5py.File(path, "r+") as file:
        file[COUNT][...] = np.concatenate([first, second])


def count(done):
    return RowCount(done, (1, 2, 3)).slot()


def test_an_empty_file_has_room_and_places(path):
    found = layout(path)
    assert (found.capacity, found.count.done, found.block_rows.keys()) == (
        600,
        0,
        {"none", "scores", "split"},
    )
    assert found.offsets["none"] is None
    assert found.offsets["scores"] > 2048
    assert found.block_rows["scores"] == 2**18 // 12
    assert check_bytes(path)
    assert path.stat().st_size >= 600 * 13


def test_the_checksum_leaves_the_rows_out(path):
    found = layout(path)
    with path.open("r+b") as file:
        for place in (found.offsets["scores"], found.count_offset, found.checksum_offsets["scores"]):
            file.seek(place)
            file.write(b"x")
    assert check_bytes(path)


@pytest.mark.parametrize(
    ("slots", "done", "slot"),
    [
        ((count(7), count(9)), 9, 1),
        ((count(9), count(7)), 9, 0),
        ((count(7), np.r_[9, count(7)[1:]]), 7, 0),  # half of a slot is written
        ((count(7), count(601)), 7, 0),
        ((count(-1), count(0)), 0, 1),
    ],
)
def test_the_larger_count_that_is_whole_and_possible_holds(path, slots, done, slot):
    write_slots(path, *slots)
    found = layout(path)
    assert (found.count.done, found.slot) == (done, slot)
    assert found.unfull("scores") == (2 if done else 0) or done == 0


@pytest.mark.parametrize("slots", [(count(640),) * 2, (np.r_[640, count(7)[1:]],) * 2, (count(-5),) * 2])
def test_an_impossible_counter_is_refused(path, slots):
    write_slots(path, *slots)
    with pytest.raises(UserError, match=r"a.h5: is damaged: its row counter .* run the stage again\."):
        layout(path)


@pytest.mark.parametrize(
    ("done", "fits"), [(0, True), (600, True), (601, False), (-1, False), (2**40, False)]
)
def test_the_counter_of_an_earlier_version_must_fit(tmp_path, done, fits):
    path = tmp_path / "old.h5"
    with h5py.File(path, "w") as file:
        file[COUNT] = np.array([done])
        file["scores"] = np.zeros((600, 3), "<f4")
    if fits:
        assert layout(path).count == RowCount(done)
        assert layout(path).block_rows == {}
        return
    with pytest.raises(UserError, match=rf"old.h5: must count 0 to 600 rows, its room\. Got {done}\. Delete"):
        layout(path)


def test_only_numbers_in_one_piece_have_a_place(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        assert offset_of(file.create_dataset("plain", data=np.zeros(3))) > 0
        assert offset_of(file.create_dataset("empty", data=np.zeros((0, 3)))) is None
        assert offset_of(file.create_dataset("chunked", data=np.zeros(3), chunks=(1,))) is None
        assert offset_of(file.create_dataset("late", (3,), "f4")) is None
        outside = [(str(tmp_path / "secret"), 0, 12)]
        assert offset_of(file.create_dataset("outside", (3,), "f4", external=outside)) is None
