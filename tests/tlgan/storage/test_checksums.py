"""Every byte of a file is covered by its checksum; files without one are read as they are."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from tests.tlgan.storage.flipped_bytes import count_caught
from tlgan.errors import UserError
from tlgan.storage.checksums import (
    BLOCK_BYTES,
    MARK,
    check_bytes,
    reading_hdf5,
    write_checksum,
    writing_hdf5,
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "numbers.h5"
    with writing_hdf5(path) as file:
        file.attrs["title"] = "a text of variable length"
        file["group/numbers"] = np.arange(20.0)
        file.create_dataset("chunked", data=np.arange(50), chunks=(10,), compression="gzip")
    return path


def content(path):
    with reading_hdf5(path) as file:
        return file.attrs["title"], file["group/numbers"][...].tolist(), file["chunked"][...].tolist()


def test_every_wrong_byte_of_the_file_is_caught(path):
    positions = range(BLOCK_BYTES, path.stat().st_size, 31)  # a byte is like another, for a checksum
    assert count_caught(path, lambda: check_bytes(path), positions) == len(positions)
    assert count_caught(path, lambda: content(path), positions[::9]) == len(positions[::9])


def test_wrong_bytes_of_the_checksum_itself_are_caught_or_change_nothing(path):
    text = path.read_bytes()[:BLOCK_BYTES].rstrip(b"\n")
    assert count_caught(path, lambda: content(path), range(len(text) + 3)) >= len(text) - 2


def test_other_readers_open_the_file_as_it_is(path):
    with h5py.File(path, "r") as file:
        assert file["group/numbers"][3] == 3
    assert check_bytes(path)


@pytest.mark.parametrize("size", [0, 5, 3000])
def test_a_file_without_a_checksum_is_not_checked(tmp_path, size):
    (tmp_path / "any").write_bytes(bytes(size))
    assert not check_bytes(tmp_path / "any")
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file["numbers"] = [1]
    with reading_hdf5(tmp_path / "old.h5") as file:
        assert file["numbers"][0] == 1


def test_a_file_that_is_cut_short_is_refused(path):
    whole = path.read_bytes()
    for length in (len(whole) - 1, 3000, BLOCK_BYTES + 8, BLOCK_BYTES):
        path.write_bytes(whole[:length])
        with pytest.raises(UserError, match=r"numbers.h5: is damaged: its bytes differ .* again\."):
            content(path)


def test_bytes_after_the_end_change_nothing(path):
    expected = content(path)
    with path.open("ab") as file:
        file.write(b"more")
    assert content(path) == expected


@pytest.mark.parametrize(
    "facts",
    [
        b"", b"{", b"[" * 1500, b"3", b'{"crc32": 1}', b'{"crc32": "x", "left_out": []}',
        b'{"crc32": 1, "size": 4000, "left_out": [[1, 2]]}',
        b'{"crc32": 1, "size": 4000, "left_out": [[9999999, 2]]}',
        b'{"crc32": 1, "size": 4000, "left_out": [[3000, -5000]]}',
        b'{"crc32": 1, "size": 4000, "left_out": [3]}', b'{"crc32": 1, "size": "x", "left_out": []}',
        b'{"crc32": 0, "size": 0, "left_out": []}', b'{"crc32": 0, "size": -1, "left_out": []}',
    ],
)  # fmt: skip
def test_an_impossible_checksum_is_refused(path, facts):
    whole = path.read_bytes()
    path.write_bytes((MARK + facts).ljust(BLOCK_BYTES, b"\n")[:BLOCK_BYTES] + whole[BLOCK_BYTES:])
    with pytest.raises(UserError, match="is damaged"):
        check_bytes(path)


def test_bytes_that_are_left_out_may_change(path):
    with h5py.File(path, "r") as file:
        dataset = file["group/numbers"]
        start, size = dataset.id.get_offset(), dataset.nbytes
    write_checksum(path, [(start, size)])
    length = path.stat().st_size
    inside = range(start, start + size)
    for position in (*inside, start - 1, start + size):
        damaged = bytearray(path.read_bytes())
        damaged[position] ^= 1
        path.write_bytes(damaged)
        if position in inside:
            assert check_bytes(path)
        else:
            with pytest.raises(UserError):
                check_bytes(path)
            damaged[position] ^= 1
            path.write_bytes(damaged)
    assert path.stat().st_size == length


def test_a_checksum_with_too_many_gaps_is_a_bug(path):
    with pytest.raises(ValueError, match="does not fit"):
        write_checksum(path, [(3000 + place, 1) for place in range(0, 400, 2)])


def test_the_message_ends_with_the_remedy_given(path):
    path.write_bytes(path.read_bytes()[:-1])
    with (
        pytest.raises(UserError, match=r"checksum\. Fetch it again\.$"),
        reading_hdf5(path, "Fetch it again."),
    ):
        pass
