"""Changes of files: decided by the seed alone, and checksums that fit what was changed."""

from __future__ import annotations

from random import Random

import h5py
import pytest

from benchmarks.fuzzing.mutations import CHANGES, mutate, with_checksum
from benchmarks.fuzzing.seeds import stored
from tlgan.errors import UserError
from tlgan.storage.checksums import check_bytes

SEEDS = {
    "bytes": "runs/toy/axes/toy.pkl",
    "text": "runs/toy/axes/toy.csv",
    "json": "runs/toy/steps.json",
    "hdf5": "artifacts/fits-*.h5",
    "zip": "runs/toy/axes/toy.npz",
    "safetensors": "runs/toy/axes/toy.safetensors",
    "png": "edit.png",
}


@pytest.mark.parametrize("form", CHANGES)
def test_one_seed_gives_one_file_and_most_files_differ(form):
    (content,) = seeds = stored(SEEDS[form])
    files = [mutate(seeds, form, Random(number)) for number in range(20)]
    again = [mutate(seeds, form, Random(number)) for number in range(20)]
    if form != "zip":  # an archive holds the time when it was packed
        assert files == again
    assert len({*files, content}) > 12


def test_checksum_of_a_changed_file_fits(tmp_path):
    content = bytearray(stored("artifacts/fits-*.h5")[0])
    content[-5] ^= 1
    path = tmp_path / "a.h5"
    path.write_bytes(content)
    with pytest.raises(UserError, match="differ from its checksum"):
        check_bytes(path)
    path.write_bytes(with_checksum(bytes(content)))
    assert check_bytes(path)
    with h5py.File(path) as file:
        assert "coefficients" in file
