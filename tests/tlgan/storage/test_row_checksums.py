"""Checksums of blocks of rows: the same however rows are appended, compared when rows are read."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.storage.row_checksums import BlockChecksums, CheckedRows, StoredChecksums, rows_of_block

VALUES = np.arange(46, dtype="<f4").reshape(23, 2)
SIZE = 5  # rows of a block in these tests


def checksums(values=VALUES, step=23):
    filling, full = BlockChecksums(SIZE), []
    for start in range(0, len(values), step):
        filling, more = filling.add(values[start : start + step])
        full += more
    return StoredChecksums(SIZE, np.array(full, "<u4"), filling.unfull)


def rows(values=VALUES, count=23, stored=None):
    return CheckedRows("a.h5", "latents", values, count, stored or checksums(), "Delete it.")


@pytest.mark.parametrize("step", [1, 2, 5, 7, 23])
def test_checksums_are_the_same_whatever_is_appended_at_a_time(step):
    found = checksums(step=step)
    assert found.full.tolist() == [zlib.crc32(VALUES[start : start + SIZE]) for start in (0, 5, 10, 15)]
    assert found.unfull == zlib.crc32(VALUES[20:])


def test_blocks_have_some_256_kib():
    assert (rows_of_block(2048), rows_of_block(2**20), rows_of_block(1), rows_of_block(0)) == (
        128, 1, 2**18, 2**18,
    )  # fmt: skip


@pytest.mark.parametrize(
    "key",
    [
        slice(None), slice(3, 9), slice(20, 99), slice(9, 3), slice(None, None, -4), slice(1, 20, 6), 7, -1,
        [3, 17, 3], np.array([22]), np.arange(23) % 7 == 0, (slice(2, 8), 1), (4, 0), ...,
    ],
)  # fmt: skip
def test_rows_are_read_as_from_an_array(key):
    np.testing.assert_array_equal(rows()[key], VALUES[key])


def test_whole_columns_are_arrays():
    column = rows(count=21)
    assert (len(column), column.shape, column.dtype) == (21, (21, 2), VALUES.dtype)
    np.testing.assert_array_equal(np.asarray(column), VALUES[:21])
    assert np.asarray(column, np.float64).dtype == np.float64
    assert np.asarray(column, copy=True).base is None


@pytest.mark.parametrize("row", [0, 4, 5, 19, 20, 22])
def test_damaged_rows_are_refused_whoever_asks_for_their_block(row):
    damaged = VALUES.copy()
    damaged.view("u1")[row, 3] ^= 4
    block = row // SIZE
    for key in (slice(None), slice(row, row + 1), [row], row, np.arange(23) == row, (row, 0)):
        with pytest.raises(UserError, match=rf"a.h5: rows {block * SIZE} to \d+ of `latents` .* Delete it\."):
            rows(damaged)[key]
    column = rows(damaged)
    for other in set(range(23)) - set(range(block * SIZE, block * SIZE + SIZE)):
        np.testing.assert_array_equal(column[other], VALUES[other])
    with pytest.raises(UserError):
        column.check()


def test_rows_beyond_those_shown_belong_to_the_last_block():
    damaged = VALUES.copy()
    damaged[22] = 0
    np.testing.assert_array_equal(rows(damaged, count=20)[:], VALUES[:20])
    with pytest.raises(UserError, match="rows 20 to 22"):
        rows(damaged, count=21)[:]


def test_a_block_is_compared_once(monkeypatch):
    calls, crc32 = [], zlib.crc32
    monkeypatch.setattr(zlib, "crc32", lambda *arguments: calls.append(1) or crc32(*arguments))
    column = rows(stored=checksums())
    calls.clear()
    for _ in range(3):
        column[3:12]
    assert len(calls) == 3


def test_rows_without_checksums_are_read_as_they_are():
    column = CheckedRows("a.h5", "latents", VALUES, 23, None, "")
    column.check()
    np.testing.assert_array_equal(column[[1, 5]], VALUES[[1, 5]])


def test_rows_of_no_numbers_are_read():
    column = rows(np.zeros((23, 0), "<f4"))
    assert column[3:9].shape == (6, 0)
    column.check()
