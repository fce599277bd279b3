"""Attributes whose texts say that they are longer than the file are found before HDF5 takes memory for them."""

from __future__ import annotations

import struct

import h5py
import numpy as np
import pytest

from tlgan.limits.hdf5_texts import texts_fit

TEXT = "a text of 25 characters, é"


def write(path, change=lambda file: None, **options):
    """A file with attributes of many types on a group; its bytes, and where the group's header is."""
    with h5py.File(path, "w", **options) as file:
        group = file.create_group("group")
        group.attrs.update(number=3, flag=True, texts=["b", "cc"], none=h5py.Empty("f4"))
        for number in range(
            4
        ):  # more than fit into the first block of the header, none in a heap of their own
            group.attrs[f"text {number}"] = TEXT
        change(group)
        file.flush()
        return bytearray(file.id.get_file_image()), h5py.h5o.get_info(group.id).addr


@pytest.mark.parametrize(
    "options", [{}, {"libver": ("v108", "v108")}, {"userblock_size": 512}], ids=["1", "2", "block"]
)
def test_texts_that_lie_in_the_file_fit(tmp_path, options):
    assert texts_fit(*write(tmp_path / "a.h5", **options))


def declare(content: bytearray, length: int) -> int:
    """Let every reference to the text declare another length; how many there were."""
    old, place, count = struct.pack("<I", len(TEXT.encode())), -1, 0
    while (place := content.find(old, place + 1)) >= 0:
        (address,) = struct.unpack_from("<Q", content, place + 4)
        if content[address : address + 4] == b"GCOL":
            struct.pack_into("<I", content, place, length)
            count += 1
    return count


@pytest.mark.parametrize("options", [{}, {"libver": ("v108", "v108")}], ids=["1", "2"])
@pytest.mark.parametrize("length", [2**32 - 1, 2**20])
def test_texts_longer_than_the_file_are_found(tmp_path, options, length):
    content, address = write(tmp_path / "a.h5", **options)
    assert declare(content, length) == 4
    assert not texts_fit(bytes(content), address)


def test_texts_are_counted_together(tmp_path):
    content, address = write(tmp_path / "a.h5")
    declare(content, len(content) // 3)  # each fits, the four do not
    assert not texts_fit(bytes(content), address)


def pairs(group):
    group.attrs["pairs"] = np.array([(1, "a")], [("a", "f4"), ("b", h5py.string_dtype())])


def lists_of_texts(group):
    group.attrs.create(
        "lists", np.array([["a"]], object), dtype=np.dtype((h5py.string_dtype(), (1,))), shape=(1,)
    )


def lists(group):
    group.attrs.create(
        "lists", np.array([np.arange(3.0), np.arange(2.0)], object), dtype=h5py.vlen_dtype("f8")
    )


@pytest.mark.parametrize(("change", "fits"), [(pairs, False), (lists_of_texts, False), (lists, True)])
def test_values_with_texts_inside_are_refused(tmp_path, change, fits):
    assert texts_fit(*write(tmp_path / "a.h5", change)) is fits


@pytest.mark.parametrize("address", [0, 1, 8, 10**6, 2**63])
def test_what_is_no_header_is_refused(tmp_path, address):
    assert not texts_fit(bytes(write(tmp_path / "a.h5")[0]), address)


def test_headers_that_lead_in_a_circle_end(tmp_path):
    content, address = write(tmp_path / "a.h5")
    place = content.index(struct.pack("<HHI", 0x10, 16, 0), address) + 8
    struct.pack_into("<QQ", content, place, place - 8, 24)  # the message itself
    assert not texts_fit(bytes(content), address)
