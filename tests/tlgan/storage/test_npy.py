"""Arrays of .npy data, checked before memory is allocated."""

from __future__ import annotations

import io

import numpy as np
import pytest

from tests.tlgan.formats.npy_bytes import npy
from tlgan.errors import UserError
from tlgan.storage.npy import read_npy


def saved(array: np.ndarray) -> io.BytesIO:
    stream = io.BytesIO()
    np.save(stream, array)
    stream.seek(0)
    return stream


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(4, dtype=">i2"),
        np.array(["a", "Âge"]),
        np.array(7),
        np.zeros((3, 0)),
    ],
    ids=["c", "fortran", "big-endian", "texts", "scalar", "empty"],
)
def test_read_npy_equals_numpy(array):
    read = read_npy(saved(array), "x", "fiuU", 100)
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)


def test_texts_without_characters_are_counted():
    data = npy("{'descr': '<U0', 'fortran_order': False, 'shape': (126,)}")
    assert read_npy(io.BytesIO(data), "x", "U", 126).shape == (126,)
    with pytest.raises(UserError, match="at most 125 values"):
        read_npy(io.BytesIO(data), "x", "U", 125)


def test_read_npy_stops_at_the_end_of_the_array():
    stream = saved(np.arange(3.0))
    stream.seek(0, io.SEEK_END)
    stream.write(b"more")
    stream.seek(0)
    read_npy(stream, "x", "f", 100)
    assert stream.read() == b"more"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (saved(np.arange(3)).getvalue(), "x must hold plain numbers or texts. Got int64"),
        (npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"\1" * 8), "Got object"),
        (
            npy("{'descr': '<f8', 'fortran_order': False, 'shape': (5,)}", b"\0" * 39),
            "declares 40 bytes and has 39",
        ),
        (
            npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 64)}"),
            "at most 125 values. It declares shape (2, 64)",
        ),
        (
            npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, -5)}", b"\0" * 20),
            "at most 125 values. It declares shape (-1, -5)",
        ),
        (npy("{}", version=b"\x02\x00"), "must be .npy version 1. Got (2, 0)"),
        (b"", "has no .npy header that can be read"),
        (npy("{'descr': '<f8', 'shape': (5,)}"), "has no .npy header that can be read (ValueError)"),
    ],
)
def test_read_npy_refuses(data, message):
    with pytest.raises(UserError) as caught:
        read_npy(io.BytesIO(data), "x", "f", 125)
    assert message in str(caught.value)
