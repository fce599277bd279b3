"""Fields of an HDF5 file from anybody: what is read, and what is refused unread."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.formats.hdf5_fields import (
    plain_dataset,
    read_int_attribute,
    read_numbers,
    read_text_attribute,
    read_texts,
    refuse_links,
    write_texts,
)


@pytest.fixture
def file(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        yield file


def test_texts_come_back(file):
    texts = ("", "Âge, années", "眼鏡")
    write_texts(file, "names", texts)
    assert read_texts(file, "names", 3) == texts
    write_texts(file, "empty", ())
    assert read_texts(file, "empty", 0) == ()


@pytest.mark.parametrize(
    ("data", "count", "message"),
    [
        (np.array([b"a"]), 2, r"shape \(2,\) of fixed-length UTF-8 texts. Got \(1,\)"),
        (["a"], 1, "fixed-length UTF-8"),
        (np.ones(1), 1, "fixed-length UTF-8"),
        (np.array([b"a" * 801]), 1, "at most 800 bytes. Got 801"),
    ],
)
def test_read_texts_refuses(file, data, count, message):
    file["names"] = data
    with pytest.raises(UserError, match=message):
        read_texts(file, "names", count)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8"])
def test_numbers_come_back_in_either_byte_order(file, dtype):
    for order in "<>":
        file[order] = np.arange(6).reshape(2, 3).astype(order + dtype)
        found = read_numbers(file, order, (2, 3), dtype)
        np.testing.assert_array_equal(found, np.arange(6).reshape(2, 3))
        assert found.dtype == np.dtype(dtype)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.ones((3, 2)), r"shape \(2, 3\) of float64. Got \(3, 2\)"),
        (np.ones((2, 3), "f4"), "of float64. Got .* of float32"),
        (np.ones((2, 3), int), "of float64. Got .* of int64"),
        (1.0, r"Got \(\)"),
    ],
)
def test_read_numbers_refuses(file, data, message):
    file["x"] = data
    with pytest.raises(UserError, match=message):
        read_numbers(file, "x", (2, 3))


def test_plain_dataset_refuses_what_is_none(file):
    file.create_group("group")
    for name, message in (("none", "lacks the dataset 'none'"), ("group", "must be a dataset. Got a group")):
        with pytest.raises(UserError, match=message):
            plain_dataset(file, name)


def test_refuse_links_lets_own_data_pass(file):
    file["x"] = 1.0
    refuse_links(file)
    file["y"] = h5py.SoftLink("/x")
    with pytest.raises(UserError, match="'y' is a link to another place"):
        refuse_links(file)


def test_attributes_come_back(file):
    file.attrs.update(text="Âge", bytes=np.bytes_("raw"), number=3, numpy=np.int64(4))
    assert read_text_attribute(file, "text") == "Âge"
    assert read_text_attribute(file, "bytes") == "raw"
    assert [read_int_attribute(file, name) for name in ("number", "numpy")] == [3, 4]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3.5, "must be a text. Got .*3.5"),
        ([1, 2], "must be one value, not an array"),
        (None, "lacks the attribute 'x'"),
    ],
)
def test_read_text_attribute_refuses(file, value, message):
    if value is not None:
        file.attrs["x"] = value
    with pytest.raises(UserError, match=message):
        read_text_attribute(file, "x")


@pytest.mark.parametrize("value", [1.0, "1", True])
def test_read_int_attribute_refuses(file, value):
    file.attrs["x"] = value
    with pytest.raises(UserError, match="must be a whole number"):
        read_int_attribute(file, "x")
