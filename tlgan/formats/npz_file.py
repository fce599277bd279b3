"""Axes as NumPy's .npz: all fields, exact."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from tlgan.axes.axes import PER_AXIS_NUMBERS, Axes
from tlgan.errors import UserError
from tlgan.formats import regressor_columns
from tlgan.formats.columns import FILE_TEXTS, PER_AXIS_TEXTS, ImportedAxes, from_columns, to_columns
from tlgan.limits.value_count import count_values, most_values
from tlgan.limits.zip_members import ZIP_DAMAGE, open_member, open_zip
from tlgan.storage.atomic_files import check_size, reading, replacing
from tlgan.storage.npy import read_npy

LISTS = (*PER_AXIS_TEXTS, "base", *regressor_columns.LISTS)
TEXTS = (*FILE_TEXTS, "format", *regressor_columns.TEXTS)
VERSIONS = ("format_version", regressor_columns.VERSION)
ADMITTED = {
    **dict.fromkeys((*LISTS, *TEXTS), "U"),
    **dict.fromkeys(("directions", "raw_directions", *PER_AXIS_NUMBERS, *regressor_columns.ARRAYS), "fiu"),
    **dict.fromkeys(("n_samples", *VERSIONS), "iu"),
}


def write_npz(axes: Axes, path: Path) -> list[str]:
    """Write a .npz; nothing is lost.

    One array per field of `Axes` and of its regressor: texts as Unicode arrays, numbers as float64, float32
    (weights) and int64. Members have a fixed date, so the same axes give the same bytes.
    """
    with replacing(path) as partial, zipfile.ZipFile(partial, "w") as archive:
        for name, value in to_columns(axes).items():
            array = np.asarray(value, dtype=np.str_) if ADMITTED[name] == "U" else np.asarray(value)
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w") as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    return []


def read_npz(path: Path, latent_space: str | None = None) -> ImportedAxes:
    """Read a .npz with at least `names` (Unicode, (A,)) and `directions` (float, (A,D)).

    Members that are no field of `Axes` or of its regressor are named where something is missing, and not
    opened. Sizes are checked before anything is unpacked.
    """
    with reading(path, "a .npz archive", *ZIP_DAMAGE), open_zip(path) as archive:
        check_size(path)
        members = set(archive.namelist())
        columns: dict[str, Any] = {}
        values_left = most_values(path.stat().st_size)
        for name, kinds in ADMITTED.items():
            if f"{name}.npy" in members:
                with open_member(archive, f"{name}.npy") as member:
                    array = read_npy(member, repr(name), kinds, values_left)
                values_left -= max(array.size, count_values(array.nbytes))
                columns[name] = _plain(name, array)
        there = sorted(name.removesuffix(".npy") for name in members)
        return from_columns(columns, latent_space, there)


def _plain(name: str, array: Any) -> Any:
    """Texts as Python texts, single values as such."""
    if name not in (*LISTS, *TEXTS, *VERSIONS):
        return array
    wanted = 1 if name in LISTS else 0
    if array.ndim != wanted:
        raise UserError(f"{name!r} must have {wanted} dimension(s). Got shape {array.shape}.")
    return array.tolist()
