"""Weight files: what comes out is what went in; anything else is refused in one line."""

from __future__ import annotations

import hashlib
import json

import h5py
import numpy as np
import pytest

from models.networks.progressive_gan import GanConfig, ProgressiveGenerator
from models.weights.weight_file import (
    assign_weights,
    file_sha256,
    network_variables,
    read_weights,
    write_weights,
)
from tests.tlgan.storage.changed_hdf5 import changing_hdf5
from tests.tlgan.storage.flipped_bytes import count_caught
from tlgan.errors import UserError

CONFIG = GanConfig(8, 4, (3, 2))


def values(dtype="float32"):
    random = np.random.default_rng(0)
    return {"dense/kernel": random.standard_normal((4, 6)).astype(dtype), "dense/bias": np.zeros(2, dtype)}


@pytest.fixture
def weight_file(tmp_path):
    path = tmp_path / "small.generator.h5"
    write_weights(path, "generator", CONFIG, values(), {"names": ["a"]}, dtype="float32")
    return path


def test_weights_come_back_as_they_were_written(weight_file):
    weights = read_weights(weight_file)
    assert weights.kind == "generator"
    assert GanConfig(**weights.config) == CONFIG
    assert weights.metadata == {"names": ["a"]}
    assert weights.sha256 == hashlib.sha256(weight_file.read_bytes()).hexdigest()
    assert set(weights.variables) == set(values())
    for name, array in values().items():
        np.testing.assert_array_equal(weights.variables[name], array)
        assert weights.variables[name].dtype == np.float32


def test_half_precision_is_read_back_as_float32_and_never_overflows(tmp_path):
    path = tmp_path / "half.h5"
    large = {"small": np.float32([0.1]), "large": np.float32([1e6])}
    write_weights(path, "generator", CONFIG, large)
    read = read_weights(path).variables
    assert read["small"] == np.float32(np.float16(0.1))
    assert read["large"] == np.float32(1e6)


def test_equal_weights_give_equal_files(tmp_path):
    write_weights(tmp_path / "a.h5", "generator", CONFIG, values())
    write_weights(tmp_path / "b.h5", "generator", CONFIG, dict(reversed(values().items())))
    assert file_sha256(tmp_path / "a.h5") == file_sha256(tmp_path / "b.h5")


def test_failed_write_leaves_no_file(tmp_path):
    class Broken:
        def __array__(self, *_, **__):
            raise RuntimeError("no numbers")

    with pytest.raises(RuntimeError):
        write_weights(tmp_path / "a.h5", "generator", CONFIG, {"kernel": Broken()})
    assert not (tmp_path / "a.h5").exists()


def change(path, damage):
    with changing_hdf5(path) as file:
        damage(file)


def virtual(file):
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "secret", shape=(2,))
    file.create_virtual_dataset("variables/stolen", layout)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda file: file.attrs.update(format="other"), r"`format` must be 'tlgan.weights'. Got 'other'"),
        (lambda file: file.attrs.pop("format"), "`format` must be"),
        (lambda file: file.attrs.update(format_version=99), "`format_version` must be at most 1. Got 99"),
        (lambda file: file.attrs.pop("config"), "not a readable weight file"),
        (lambda file: file.attrs.update(config="{"), "not a readable weight file"),
        (lambda file: file.pop("variables"), "not a readable weight file"),
        (virtual, "stolen` must hold its own numbers"),
        (
            lambda file: file.create_dataset("variables/x", (2,), "f4", external=[("secret", 0, 8)]),
            "`variables/x` must hold its own numbers",
        ),
        # A petabyte that no byte on disk stands for.
        (
            lambda file: file.create_dataset("variables/bomb", (2**48,), "f4", chunks=(2**20,)),
            "`variables/bomb` must hold its own numbers",
        ),
        (lambda file: file.create_dataset("variables/x", data=b"text"), "`variables/x` must hold numbers"),
    ],
)
def test_damaged_files_are_refused_by_name(weight_file, damage, message):
    change(weight_file, damage)
    with pytest.raises(UserError, match=message) as error:
        read_weights(weight_file)
    assert str(error.value).startswith(str(weight_file))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"no weights", b"\x89HDF\r\n\x1a\n" + bytes(40)])
def test_other_files_are_refused_by_name(tmp_path, content):
    path = tmp_path / "a.h5"
    path.write_bytes(content)
    with pytest.raises(UserError, match="not a readable weight file") as error:
        read_weights(path)
    assert str(error.value).startswith(str(path))


def test_truncated_and_missing_files_are_refused_by_name(weight_file, tmp_path):
    weight_file.write_bytes(weight_file.read_bytes()[:-200])
    with pytest.raises(UserError, match="is damaged"):
        read_weights(weight_file)
    with pytest.raises(UserError, match="no such weight file"):
        read_weights(tmp_path / "none.h5")


@pytest.mark.network
def test_assign_weights_sets_every_variable():
    network = ProgressiveGenerator(CONFIG)
    wanted = {
        name: np.random.default_rng(1).standard_normal(variable.shape).astype("float32")
        for name, variable in network_variables(network).items()
    }
    assert {"dense/kernel", "conv4/bias", "conv8_up/kernel", "to_rgb8/kernel"} <= set(wanted)
    assign_weights(network, wanted, "file")
    for name, variable in network_variables(network).items():
        np.testing.assert_array_equal(np.asarray(variable), wanted[name])


@pytest.mark.network
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda arrays: arrays.pop("conv4/bias"), r"Missing: \['conv4/bias'\]. Left over: \[\]"),
        (lambda arrays: arrays.update(extra=np.zeros(1)), r"Left over: \['extra'\]"),
        (lambda arrays: arrays.update({"conv4/bias": np.zeros(9)}), r"`conv4/bias` must have shape \(3,\)"),
    ],
)
def test_weights_that_do_not_fit_change_nothing(damage, message):
    network = ProgressiveGenerator(CONFIG)
    before = {name: np.array(variable) for name, variable in network_variables(network).items()}
    arrays = {name: array + 1 for name, array in before.items()}
    damage(arrays)
    with pytest.raises(UserError, match=message) as error:
        assign_weights(network, arrays, "some.h5")
    assert str(error.value).startswith("some.h5")
    for name, variable in network_variables(network).items():
        np.testing.assert_array_equal(np.asarray(variable), before[name])


def test_config_is_plain_json(weight_file):
    with h5py.File(weight_file) as file:
        assert json.loads(file.attrs["config"])["maps"] == [3, 2]


def test_every_wrong_byte_is_caught(weight_file):
    def read():
        weights = read_weights(weight_file)
        arrays = {name: values.tolist() for name, values in weights.variables.items()}
        return weights.kind, weights.config, weights.metadata, arrays

    positions = range(2048, weight_file.stat().st_size, 37)
    assert count_caught(weight_file, read, positions) == len(positions)
