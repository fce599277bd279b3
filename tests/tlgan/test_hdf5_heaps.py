"""Damaged heaps are found before the HDF5 library loops over them."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from tlgan.hdf5_heaps import heaps_hold


@pytest.fixture
def content(tmp_path):
    """A file with texts of many lengths, several heaps of them, one of them removed again."""
    path = tmp_path / "sound.h5"
    with h5py.File(path, "w") as file:
        for number in range(200):
            file.attrs[f"text {number}"] = "é" * number
        del file.attrs["text 7"]
        file["texts"] = ["one", "", "three"]
        file["numbers"] = np.arange(1000.0)
    return bytearray(path.read_bytes())


def holds(content, path):
    path.write_bytes(content)
    with h5py.File(path, "r") as file:
        return heaps_hold(file)


def test_sound_heaps_hold(content, tmp_path):
    assert content.count(b"GCOL") > 2
    assert holds(content, tmp_path / "a.h5")


def test_a_file_without_texts_holds(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["numbers"] = np.arange(5.0)
    assert holds((tmp_path / "a.h5").read_bytes(), tmp_path / "b.h5")


@pytest.mark.parametrize(
    ("offset", "value"),
    [(8, 255), (10, 255), (14, 255), (24, 255), (25, 255), (31, 255)],
    ids=["heap smaller", "heap larger", "heap huge", "object", "object larger", "object huge"],
)
def test_sizes_that_lead_astray_are_found(content, tmp_path, offset, value):
    content[content.index(b"GCOL") + offset] = value
    assert not holds(content, tmp_path / "a.h5")


def test_an_object_of_no_size_is_found(content, tmp_path):
    start = content.index(b"GCOL") + 16
    content[start : start + 16] = bytes(16)
    assert not holds(content, tmp_path / "a.h5")
