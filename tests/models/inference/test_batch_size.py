"""Batches: as large as memory allows, the same another time, smaller where they do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from models.inference import batch_size
from models.inference.batch_size import Batch, choose_batch, choose_foreign_batch, rows_that_fit
from models.inference.compile import in_batches
from models.inference.device import Device
from models.networks.progressive_gan import feature_maps
from tlgan.errors import UserError

GIB = 2**30
CPU, GPU = Device("a processor (torch)", True, 16 * GIB), Device("H100 (torch)", False, 76 * GIB)


@pytest.fixture
def device(monkeypatch):
    monkeypatch.setattr(batch_size, "current_device", lambda: GPU)
    return GPU


def narrow_run(room, seen=None):
    """A run that has room for so many rows; it doubles them."""

    def run(rows):
        if seen is not None:
            seen.append(len(rows))
        if len(rows) > room:
            raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory")
        return [rows * 2, rows[:, 0]]

    return run


@pytest.mark.parametrize("room", [1, 3, 4, 16, 99])
def test_batches_that_do_not_fit_are_halved_until_they_do(room):
    rows = np.arange(60.0).reshape(30, 2)
    seen, remembered = [], {}
    batch = Batch(16, remembered=remembered, key="here")
    for _ in range(2):
        doubled, first = in_batches(narrow_run(room, seen), batch)(rows)
        np.testing.assert_array_equal(doubled, rows * 2)
        np.testing.assert_array_equal(first, rows[:, 0])
    fitting = max(size for size in (16, 8, 4, 2, 1) if size <= room)
    assert batch.rows == fitting
    assert remembered == {"here": fitting}
    tried = [size for size in (16, 8, 4, 2, 1) if size >= fitting]
    assert seen[: len(tried)] == tried
    assert set(seen[len(tried) :]) == {fitting}  # what did not fit once is not tried again


def test_memory_that_shrinks_on_the_way_costs_no_row():
    left = iter([16, 16, 4, 4, 4, 4, 4, 4])

    def run(rows):
        return narrow_run(next(left))(rows)

    rows = np.arange(72.0).reshape(36, 2)
    np.testing.assert_array_equal(in_batches(run, Batch(16))(rows)[0], rows * 2)


def test_one_row_that_does_not_fit_is_one_line(device):
    remembered = {}
    with pytest.raises(UserError, match=r"Memory of H100 \(torch\) ran out with 1 row at a time") as error:
        in_batches(narrow_run(0), Batch(4, remembered=remembered, key="here"))(np.zeros((3, 2)))
    assert "\n" not in str(error.value)
    assert remembered == {}
    with pytest.raises(UserError, match=r"ran out with 4 rows at a time"):  # no fewer, says its file
        in_batches(narrow_run(3), choose_foreign_batch(4, 8, "a network"))(np.zeros((3, 2)))


def test_other_errors_are_not_taken_for_want_of_memory():
    def run(rows):
        raise RuntimeError("shapes do not match")

    batch = Batch(16)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        in_batches(run, batch)(np.zeros((3, 2)))
    assert batch.rows == 16


def test_a_batch_is_remembered_by_device_and_network(device):
    remembered = {}
    batch = choose_batch(8 * 10**6, "one | draws", remembered)
    assert batch.rows == 128
    assert remembered == {}  # nothing has gone through yet
    in_batches(narrow_run(99), batch)(np.zeros((3, 2)))
    assert remembered == {"H100 (torch) | one | draws": 64}
    assert choose_batch(8 * 10**6, "one | draws", remembered).rows == 64
    assert choose_batch(8 * 10**6, "another | draws", remembered).rows == 128


@pytest.mark.parametrize("damaged", [0, -4, 10**9, 2.0, "64", None, True, [64], {"rows": 64}])
def test_a_damaged_memory_is_as_none(device, damaged):
    wanted = choose_batch(8 * 10**6, "one").rows
    remembered = {"H100 (torch) | one": damaged}
    batch = choose_batch(8 * 10**6, "one", remembered)
    assert batch.rows == wanted
    in_batches(narrow_run(999), batch)(np.zeros((3, 2)))
    assert remembered == {"H100 (torch) | one": wanted}


def test_a_number_of_rows_that_is_wanted_is_taken_and_not_remembered(device):
    remembered = {"H100 (torch) | one": 8}
    batch = choose_batch(8 * 10**6, "one", remembered, rows=5)
    assert batch.rows == 5
    in_batches(narrow_run(99), batch)(np.zeros((3, 2)))
    kept = choose_batch(8 * 10**6, "one", remembered)
    kept.keep(1)
    seen = []
    in_batches(narrow_run(99, seen), kept)(np.zeros((3, 2)))
    assert seen == [1, 1, 1]
    assert remembered == {"H100 (torch) | one": 8}
    with pytest.raises(UserError, match=r"`batch` must be at least 1. Got 0"):
        choose_batch(8 * 10**6, "one", rows=0)


@pytest.mark.parametrize(
    ("device", "bytes_", "most"),
    [
        (CPU, 2**29, 64),
        (Device("small", True, GIB), GIB / 4, 64),
        (Device("unsaid", True, None), 2**29, 64),
        (GPU, 38 * GIB, 256),
        (Device("TensorFlow's", False, None), 4 * GIB, 256),
        (Device("the largest", False, 300 * GIB), 24 * GIB, 256),  # no activation of more than 2^30 numbers
    ],
)
@pytest.mark.parametrize("resolution", [8, 64, 256, 1024])
def test_batches_bound_memory_at_every_resolution(device, bytes_, most, resolution):
    largest = max((4 << level) ** 2 * width for level, width in enumerate(feature_maps(resolution)))
    rows = rows_that_fit(largest, device)
    assert 1 <= rows <= most
    assert rows & (rows - 1) == 0  # a power of two
    assert rows == 1 or rows * largest * 24 <= bytes_
    assert rows == most or 2 * rows * largest * 24 > bytes_  # and as large as that allows


def test_a_foreign_network_takes_the_rows_its_file_says(device):
    assert choose_foreign_batch(2, 64, "one").rows == 2
    fixed = choose_foreign_batch(2, 64, "one", rows=7)
    fixed.keep(1)
    assert fixed.rows == 2
    assert choose_foreign_batch(None, 64, "one", rows=7).rows == 7
    assert choose_foreign_batch(None, 4096, "one").rows == 4  # 38 GiB over 6 × 4 × 16 × 4096² bytes, rounded
