"""Weights of TensorFlow.js: made-up files are read back, damaged ones refused in one line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.importers.weights_manifest import read_manifest
from tlgan.errors import UserError


def entry(name="a", shape=(2, 3), dtype="float32", quantization=None):
    found = {"name": name, "shape": list(shape), "dtype": dtype}
    return found | ({"quantization": quantization} if quantization else {})


def write(folder, groups, **files):
    """A manifest of these groups, and files of bytes beside it."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    path = folder / "weights_manifest.json"
    path.write_text(groups if isinstance(groups, str) else json.dumps(groups))
    return path


def one_group(*entries, paths=("one",)):
    return [{"paths": list(paths), "weights": list(entries)}]


def test_arrays_are_read_across_files_and_groups(tmp_path):
    floats = np.arange(6, dtype="<f4").reshape(2, 3) - 2.5
    small, large = np.array([0, 1, 255], "u1"), np.array([0, 65535], "<u2")
    content = floats.tobytes() + small.tobytes()
    groups = one_group(
        entry("floats"),
        entry("small", (3,), quantization={"dtype": "uint8", "scale": 0.5, "min": -3.0}),
        paths=("one", "two"),
    ) + one_group(
        entry("large", (1, 2), quantization={"dtype": "uint16", "scale": 2.0, "min": 1.0}), paths=("three",)
    )
    path = write(tmp_path, groups, one=content[:7], two=content[7:], three=large.tobytes())
    arrays = read_manifest(path)
    assert list(arrays) == ["floats", "small", "large"]
    assert all(array.dtype == np.float32 for array in arrays.values())
    np.testing.assert_array_equal(arrays["floats"], floats)
    np.testing.assert_array_equal(arrays["small"], [-3, -2.5, 124.5])
    np.testing.assert_array_equal(arrays["large"], [[1, 131071]])


def test_a_number_without_axes_is_read(tmp_path):
    path = write(tmp_path, one_group(entry(shape=())), one=np.float32(7).tobytes())
    assert read_manifest(path)["a"] == 7


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ("[", "is not a manifest of weights that can be read"),
        ("[" * 100_000, "is not a manifest of weights that can be read"),
        ("{}", "is not a manifest of weights that can be read"),
        ([{"paths": ["one"]}], "missing required field `weights`"),
        (one_group(entry(), paths=()), "length >= 1"),
        (one_group(entry(dtype="int32")), "Invalid enum value 'int32'"),
        (one_group(entry(name="")), "length >= 1"),
        (one_group(entry(shape=(2, 0))), ">= 1"),
        (one_group(entry(shape=(2, -3))), ">= 1"),
        (one_group(entry(shape=(2.5, 3))), "Expected `int`"),
        (one_group(entry(shape=[1] * 9)), "length <= 8"),
        (one_group(entry(quantization={"dtype": "int8", "scale": 1.0, "min": 0.0})), "Invalid enum value"),
        (one_group(entry(quantization={"dtype": "uint8", "scale": 1.0})), "missing required field `min`"),
        (one_group(entry(shape=(2**20, 2**20))), "must list at most 268435456 bytes. Got 4398046511104"),
        (one_group(entry(shape=(2, 4))), "lists 32 bytes. Got 24 in one"),
        (one_group(entry(shape=(2, 2))), "lists 16 bytes. Got 24 in one"),
        (one_group(entry(), paths=("one", "one")), "must name each file once"),
        (one_group(entry()) + one_group(entry(name="b")), "must name each file once"),
        ('[{"a":' * 1000, "must be JSON"),
        ("[" * 200 + "]" * 200, "nested"),
        (one_group(entry(), paths=("a" * 300,)), "must name files of its own folder"),
        (one_group(entry(), paths=("a\nb",)), "must name files of its own folder"),
        (one_group(entry(shape=(3,)), entry(shape=(3,))), "must name each array once. Got 'a' twice"),
        (one_group(entry(), paths=("nothing",)), "no such file, but weights_manifest.json names it"),
        (one_group(entry(), paths=("../one",)), "must name files of its own folder. Got '../one'"),
        (one_group(entry(), paths=("/one",)), "must name files of its own folder"),
        (one_group(entry(), paths=("..",)), "must name files of its own folder"),
        (
            one_group(entry(shape=(24,), quantization={"dtype": "uint8", "scale": 1e300, "min": 0.0})),
            "'a' must be finite",
        ),
    ],
)
def test_damaged_manifests_are_refused_in_one_line(tmp_path, groups, message):
    path = write(tmp_path, groups, one=np.ones(6, "f4").tobytes())
    with pytest.raises(UserError) as caught:
        read_manifest(path, "Fetch it.")
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path))
    assert str(caught.value).endswith("Fetch it.")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(tmp_path, value):
    path = write(tmp_path, one_group(entry(shape=(1,))), one=np.float32(value).tobytes())
    with pytest.raises(UserError, match="'a' must be finite"):
        read_manifest(path)


def test_a_missing_and_a_huge_manifest_are_refused(tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"none\.json: there is no such file"):
        read_manifest(tmp_path / "none.json")
    monkeypatch.setattr("models.importers.weights_manifest.MAX_MANIFEST_BYTES", 10)
    with pytest.raises(UserError, match="must have at most 10 bytes"):
        read_manifest(write(tmp_path, one_group(entry())))
