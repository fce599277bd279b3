"""Row files whose checksum fits and whose content does not: each is a sentence, none takes memory."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from tests.tlgan.storage.changed_hdf5 import changing_hdf5
from tlgan.errors import UserError
from tlgan.storage.row_files import RowDataset, RowWriter, check_rows, map_rows, partial_path, read_attributes

COLUMNS = (RowDataset("latents", (3,), "<f4"), RowDataset("split", (), "u1"))


@pytest.fixture
def path(tmp_path):
    with RowWriter(tmp_path / "samples.h5", COLUMNS, 20, {"seed": 1}) as writer:
        writer.append({"latents": np.ones((20, 3), "f4"), "split": np.zeros(20, "u1")})
    return tmp_path / "samples.h5"


def replace(name, value=None, **options):
    def change(file):
        del file[name]
        if value is not None or options:
            file.create_dataset(name, data=value, **options)

    return change


def link(name, target):
    def change(file):
        del file[name]
        file[name] = target

    return change


def group(name):
    def change(file):
        del file[name]
        file.create_group(name)

    return change


def without_block_rows(file):
    del file["checksums/latents"].attrs["rows"]


def set_block_rows(value):
    def change(file):
        file["checksums/latents"].attrs["rows"] = value

    return change


DAMAGES = {
    "no counter": replace("rows_done"),
    "counter of another size": replace("rows_done", np.zeros(3, "<i8")),
    "counter of texts": replace("rows_done", "text"),
    "counter is a group": group("rows_done"),
    # 8 GB of zeros in a few kilobytes
    "counter that unfolds": replace(
        "rows_done", shape=(2**20, 2**10), dtype="<i8", chunks=True, compression="gzip"
    ),
    "checksums of one dataset only": replace("checksums/latents"),
    "checksums that unfold": replace(
        "checksums/latents", shape=(2**30,), dtype="<u4", chunks=True, compression="gzip"
    ),
    "no rows of a block": without_block_rows,
    "no row in a block": set_block_rows(0),
    "fewer than no rows in a block": set_block_rows(-7),
    "rows of a block are text": set_block_rows("aaa"),
    "rows of a block are several": set_block_rows([1, 2]),
    "dataset is a group": group("latents"),
    "dataset is one number": replace("latents", 5.0),
    "dataset is a circle of links": link("latents", h5py.SoftLink("/latents")),
    "dataset is elsewhere": link("latents", h5py.ExternalLink("other.h5", "/latents")),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_row_files_of_another_content_are_refused(path, damage):
    with changing_hdf5(path) as file:
        damage(file)
    for read in (check_rows, lambda path: map_rows(path, "latents").check()):
        with pytest.raises(UserError) as refused:
            read(path)
        assert str(refused.value).startswith(f"{path}: ")
    assert read_attributes(path)["seed"] == 1


def test_writer_refuses_a_partial_file_of_another_content(path):
    path.rename(partial_path(path))
    with changing_hdf5(partial_path(path)) as file:
        file["rows_done"].attrs["a"] = 1
        file.move("checksums/split", "checksums/other")
    writer = RowWriter(path, COLUMNS, 40, {"seed": 1})
    with pytest.raises(UserError, match="not a readable artefact"):
        writer._layout_of(partial_path(path))
