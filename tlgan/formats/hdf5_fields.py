"""Read datasets and attributes of an HDF5 file from anybody: place, shape and type are checked before a byte."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from tlgan.axes.names import MAX_NAME_CHARACTERS
from tlgan.errors import UserError


def refuse_links(group: h5py.Group) -> None:
    """Refuse a group that holds links in place of its own data."""
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise UserError(
                f"may hold plain datasets only. {name!r} is a link to another place; "
                "ask its maker for a file that holds its own data."
            )


def plain_dataset(group: h5py.Group, name: str) -> h5py.Dataset:
    """A dataset whose data lie in this file; UserError where there is none."""
    if name not in group:
        raise UserError(f"lacks the dataset {name!r}; write it again with tlgan.write_axes.")
    dataset = group[name]
    if not isinstance(dataset, h5py.Dataset):
        raise UserError(f"{name!r} must be a dataset. Got a group.")
    if dataset.external or dataset.is_virtual:
        raise UserError(f"{name!r} must hold its own data. It points to another file.")
    return dataset


def read_numbers(group: h5py.Group, name: str, shape: tuple[int, ...], dtype: str = "f8") -> NDArray[Any]:
    """A dataset of exactly this shape and type ("f4", "f8" or "i8")."""
    dataset, wanted = plain_dataset(group, name), np.dtype(dtype)
    got = dataset.dtype
    if dataset.shape != shape or (got.kind, got.itemsize) != (wanted.kind, wanted.itemsize):
        raise UserError(f"{name!r} must have shape {shape} of {wanted.name}. Got {dataset.shape} of {got}.")
    return np.asarray(dataset[()], dtype=wanted)


def read_texts(group: h5py.Group, name: str, count: int) -> tuple[str, ...]:
    """A dataset of `count` texts of a fixed length."""
    dataset = plain_dataset(group, name)
    # Texts of variable length may all point to one huge block; texts of fixed length say their size.
    if dataset.shape != (count,) or dataset.dtype.kind != "S":
        raise UserError(
            f"{name!r} must have shape ({count},) of fixed-length UTF-8 texts. "
            f"Got {dataset.shape} of {dataset.dtype}."
        )
    if dataset.dtype.itemsize > 4 * MAX_NAME_CHARACTERS:
        raise UserError(
            f"{name!r} must have texts of at most {4 * MAX_NAME_CHARACTERS} bytes. "
            f"Got {dataset.dtype.itemsize}."
        )
    return tuple(bytes(text).decode() for text in dataset[()])


def write_texts(group: h5py.Group, name: str, values: tuple[str, ...]) -> None:
    """Write texts as `read_texts` takes them."""
    encoded = [text.encode() for text in values]
    length = max([1, *map(len, encoded)])
    group.create_dataset(name, data=encoded, dtype=h5py.string_dtype("utf-8", length))


def read_text_attribute(group: h5py.Group, name: str) -> str:
    """An attribute that is one text."""
    value = read_attribute(group, name)
    if isinstance(value, bytes):
        value = value.decode()
    if not isinstance(value, str):
        raise UserError(f"attribute {name!r} must be a text. Got {value!r:.80}.")
    return str(value)


def read_int_attribute(group: h5py.Group, name: str) -> int:
    """An attribute that is one whole number."""
    value = read_attribute(group, name)
    if not isinstance(value, int | np.integer) or isinstance(value, bool | np.bool_):
        raise UserError(f"attribute {name!r} must be a whole number. Got {value!r:.80}.")
    return int(value)


def read_attribute(group: h5py.Group, name: str) -> Any:
    """An attribute that is one value; UserError where there is none."""
    if name not in group.attrs:
        raise UserError(f"lacks the attribute {name!r}; write it again with tlgan.write_axes.")
    if group.attrs.get_id(name).shape != ():
        raise UserError(f"attribute {name!r} must be one value, not an array.")
    return group.attrs[name]
