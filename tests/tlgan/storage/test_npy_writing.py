"""Arrays as .npy files."""

from __future__ import annotations

import io

import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.storage.npy import npy_bytes, read_npy, write_npy


def test_written_array_is_read_back_to_the_bit(tmp_path):
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    write_npy(tmp_path / "a.npy", array)
    assert (tmp_path / "a.npy").read_bytes() == npy_bytes(array)
    read = read_npy(io.BytesIO(npy_bytes(array)), "the array", "f", 1000)
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]


def test_objects_are_not_written(tmp_path):
    objects = np.array([{}], dtype=object)
    with pytest.raises(ValueError, match="allow_pickle"):
        npy_bytes(objects)
    with pytest.raises(ValueError, match="allow_pickle"):
        write_npy(tmp_path / "a.npy", objects)
    assert list(tmp_path.iterdir()) == []


def test_missing_folder_is_a_one_line_error(tmp_path):
    with pytest.raises(UserError, match=r"a\.npy: cannot be written"):
        write_npy(tmp_path / "missing" / "a.npy", np.zeros(2))
