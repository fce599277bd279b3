"""Axes as safetensors: what is refused."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.formats.import_export import export_axes, import_axes
from tlgan.formats.safetensors_file import write_safetensors


@pytest.mark.parametrize(
    "change",
    [
        {"names": "a"},
        {"names": '"a"'},
        {"names": "[1]"},
        {"names": "[" * 5000},
        {"format": "other"},
        {"format_version": "2"},
        {"kinds": '["x"]'},
        {"names": '["a", "b"]'},
    ],
)
def test_safetensors_refuses(tmp_path, change):
    save_file = pytest.importorskip("safetensors.numpy").save_file
    save_file({"directions": np.eye(1, 3)}, tmp_path / "x.safetensors", metadata={"names": '["a"]'} | change)
    with pytest.raises(UserError):
        import_axes([tmp_path / "x.safetensors"])


def test_safetensors_of_other_types_is_refused(tmp_path):
    save_file = pytest.importorskip("safetensors.numpy").save_file
    save_file(
        {"directions": np.eye(1, 3, dtype=np.uint8)}, tmp_path / "x.safetensors", metadata={"names": '["a"]'}
    )
    with pytest.raises(UserError, match="Got U8"):
        import_axes([tmp_path / "x.safetensors"])


def test_safetensors_absent_is_said(axes, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(UserError, match=r"pip install tlgan\[safetensors\]"):
        export_axes(axes, tmp_path / "x.safetensors")
    (tmp_path / "x.safetensors").write_bytes(b"")
    with pytest.raises(UserError, match=r"pip install tlgan\[safetensors\]"):
        import_axes([tmp_path / "x.safetensors"])


def test_safetensors_are_read_by_their_own_library(axes, tmp_path):
    numpy_format = pytest.importorskip("safetensors.numpy")
    assert write_safetensors(axes, tmp_path / "x.safetensors") == []
    tensors = numpy_format.load_file(tmp_path / "x.safetensors")
    np.testing.assert_array_equal(tensors["directions"], axes.directions)
    np.testing.assert_array_equal(tensors["slopes"], axes.slopes)
