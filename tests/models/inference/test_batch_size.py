"""Batch sizes: as large as memory allows, the same in another run, smaller where they do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from models.inference import batch_size
from models.inference.batch_size import (
    BatchSize,
    choose_batch_size,
    choose_foreign_batch_size,
    count_fitting_rows,
)
from models.inference.compile import run_in_batches
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
def test_batch_size_is_halved_until_it_fits(room):
    rows = np.arange(60.0).reshape(30, 2)
    seen, batch_size_cache = [], {}
    batch = BatchSize(16, batch_size_cache=batch_size_cache, key="here")
    for _ in range(2):
        doubled, first = run_in_batches(narrow_run(room, seen), batch)(rows)
        np.testing.assert_array_equal(doubled, rows * 2)
        np.testing.assert_array_equal(first, rows[:, 0])
    fitting = max(size for size in (16, 8, 4, 2, 1) if size <= room)
    assert batch.rows == fitting
    assert batch_size_cache == {"here": fitting}
    tried = [size for size in (16, 8, 4, 2, 1) if size >= fitting]
    assert seen[: len(tried)] == tried
    assert set(seen[len(tried) :]) == {fitting}  # what did not fit once is not tried again


def test_batch_size_halved_on_the_way_loses_no_row():
    left = iter([16, 16, 4, 4, 4, 4, 4, 4])

    def run(rows):
        return narrow_run(next(left))(rows)

    rows = np.arange(72.0).reshape(36, 2)
    np.testing.assert_array_equal(run_in_batches(run, BatchSize(16))(rows)[0], rows * 2)


def test_one_row_that_does_not_fit_is_refused_in_one_line(device):
    batch_size_cache = {}
    with pytest.raises(UserError, match=r"Memory of H100 \(torch\) ran out with 1 row at a time") as error:
        run_in_batches(narrow_run(0), BatchSize(4, batch_size_cache=batch_size_cache, key="here"))(
            np.zeros((3, 2))
        )
    assert "\n" not in str(error.value)
    assert batch_size_cache == {}
    with pytest.raises(UserError, match=r"ran out with 4 rows at a time"):  # no fewer, says its file
        run_in_batches(narrow_run(3), choose_foreign_batch_size(4, 8, "a network"))(np.zeros((3, 2)))


def test_other_errors_are_raised_as_they_are():
    def run(rows):
        raise RuntimeError("shapes do not match")

    batch = BatchSize(16)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        run_in_batches(run, batch)(np.zeros((3, 2)))
    assert batch.rows == 16


def test_batch_size_is_cached_by_device_and_network(device):
    batch_size_cache = {}
    batch = choose_batch_size(8 * 10**6, "one | draws", batch_size_cache)
    assert batch.rows == 128
    assert batch_size_cache == {}  # nothing has gone through yet
    run_in_batches(narrow_run(99), batch)(np.zeros((3, 2)))
    assert batch_size_cache == {"H100 (torch) | one | draws": 64}
    assert choose_batch_size(8 * 10**6, "one | draws", batch_size_cache).rows == 64
    assert choose_batch_size(8 * 10**6, "another | draws", batch_size_cache).rows == 128


@pytest.mark.parametrize("damaged", [0, -4, 10**9, 2.0, "64", None, True, [64], {"rows": 64}])
def test_damaged_cache_entry_is_ignored(device, damaged):
    wanted = choose_batch_size(8 * 10**6, "one").rows
    batch_size_cache = {"H100 (torch) | one": damaged}
    batch = choose_batch_size(8 * 10**6, "one", batch_size_cache)
    assert batch.rows == wanted
    run_in_batches(narrow_run(999), batch)(np.zeros((3, 2)))
    assert batch_size_cache == {"H100 (torch) | one": wanted}


def test_number_of_rows_that_is_asked_for_is_taken_and_not_cached(device):
    batch_size_cache = {"H100 (torch) | one": 8}
    batch = choose_batch_size(8 * 10**6, "one", batch_size_cache, rows=5)
    assert batch.rows == 5
    run_in_batches(narrow_run(99), batch)(np.zeros((3, 2)))
    fixed_size = choose_batch_size(8 * 10**6, "one", batch_size_cache)
    fixed_size.fix(1)
    seen = []
    run_in_batches(narrow_run(99, seen), fixed_size)(np.zeros((3, 2)))
    assert seen == [1, 1, 1]
    assert batch_size_cache == {"H100 (torch) | one": 8}
    with pytest.raises(UserError, match=r"`batch` must be at least 1. Got 0"):
        choose_batch_size(8 * 10**6, "one", rows=0)


@pytest.mark.parametrize(
    ("device", "bytes_", "most"),
    [
        (CPU, 2**29, 64),
        (Device("small", True, GIB), GIB / 4, 64),
        (Device("unknown", True, None), 2**29, 64),
        (GPU, 38 * GIB, 256),
        (Device("TensorFlow's", False, None), 4 * GIB, 256),
        (Device("the largest", False, 300 * GIB), 24 * GIB, 256),  # no activation of more than 2^30 numbers
    ],
)
@pytest.mark.parametrize("resolution", [8, 64, 256, 1024])
def test_fitting_rows_bound_memory_at_every_resolution(device, bytes_, most, resolution):
    largest = max((4 << level) ** 2 * width for level, width in enumerate(feature_maps(resolution)))
    rows = count_fitting_rows(largest, device)
    assert 1 <= rows <= most
    assert rows & (rows - 1) == 0  # a power of two
    assert rows == 1 or rows * largest * 24 <= bytes_
    assert rows == most or 2 * rows * largest * 24 > bytes_  # and as large as that allows


def test_foreign_network_takes_the_rows_its_file_says(device):
    assert choose_foreign_batch_size(2, 64, "one").rows == 2
    fixed = choose_foreign_batch_size(2, 64, "one", rows=7)
    fixed.fix(1)
    assert fixed.rows == 2
    assert choose_foreign_batch_size(None, 64, "one", rows=7).rows == 7
    assert (
        choose_foreign_batch_size(None, 4096, "one").rows == 4
    )  # 38 GiB over 6 × 4 × 16 × 4096² bytes, rounded


def test_foreign_network_whose_row_was_measured_to_take_far_more_takes_fewer(device):
    assumed = choose_foreign_batch_size(None, 64, "one").rows
    floats = 6 * 16 * 64**2
    assert choose_foreign_batch_size(None, 64, "one", measured=4 * floats).rows == assumed  # noise
    assert choose_foreign_batch_size(None, 64, "one", measured=2**30).rows < assumed / 8
