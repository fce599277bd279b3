"""Kinds of files, told from their content, whatever their names."""

from __future__ import annotations

import pickle
import zipfile

import h5py
import numpy as np
import pytest

from models.importers.file_kind import file_kind
from models.networks.progressive_gan import GanConfig
from models.weights.weight_file import write_weights
from tests.models.conftest import official_state, write_official, write_torch
from tlgan.errors import UserError


def write_zip(path, name):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"{}")


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        ("tlgan", lambda path: write_weights(path, "generator", GanConfig(8, 2, (2, 2)), {"a": np.zeros(1)})),
        ("official", lambda path: write_official(path, official_state(resolution=8))),
        ("official", lambda path: write_official(path, official_state(resolution=8), protocol=2)),
        ("torch", lambda path: write_torch(path, {"a": np.zeros(2, "f4")})),
        ("torch", lambda path: write_torch(path, {"a": np.zeros(2, "f4")}, legacy=True)),
        ("keras", lambda path: write_zip(path, "config.json")),
        ("keras-weights", lambda path: h5py.File(path, "w").close()),
    ],
)
def test_kind_is_told_from_the_content(tmp_path, kind, write):
    path = tmp_path / "file.bin"
    write(path)
    assert file_kind(path) == kind


def test_onnx_is_told_by_its_name(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"\x08\x0a")
    assert file_kind(tmp_path / "a.onnx") == "onnx"


@pytest.mark.parametrize("content", [b"hello", pickle.dumps([], 0)])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "a.bin").write_bytes(content)
    with pytest.raises(UserError, match="It is none of these"):
        file_kind(tmp_path / "a.bin")


def test_missing_files_and_other_zips_are_refused(tmp_path):
    with pytest.raises(UserError, match="there is no such file"):
        file_kind(tmp_path / "none")
    write_zip(tmp_path / "a.zip", "photographs/1.jpg")
    with pytest.raises(UserError, match=r"is a zip archive \(photographs/1\.jpg\): unpack it"):
        file_kind(tmp_path / "a.zip")


def test_a_file_whose_texts_would_never_be_read_is_refused(tmp_path):
    path = tmp_path / "damaged.h5"
    with h5py.File(path, "w") as file:
        file.attrs["format"] = "tlgan.weights"
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL")
    content[heap + 24] ^= 0x40  # the size of its first text
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"damaged where its texts lie\. Fetch it again\.$"):
        file_kind(path)


def test_what_is_no_network_says_what_it_is(tmp_path):
    (tmp_path / "page.pkl").write_text("<!DOCTYPE html><title>Google Drive - Quota exceeded</title>")
    with pytest.raises(
        UserError, match=r"must be a network\. It is a web page \('Google Drive.*fetch it again"
    ):
        file_kind(tmp_path / "page.pkl")
    (tmp_path / "empty.onnx.data").touch()
    with pytest.raises(UserError, match="is an empty file: fetch it again"):
        file_kind(tmp_path / "empty.onnx.data")
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved/saved_model.pb").touch()
    with pytest.raises(UserError, match="saved: is a SavedModel folder of TensorFlow: save it with Keras 3"):
        file_kind(tmp_path / "saved")
