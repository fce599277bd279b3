"""Checkpoints: what is read is what was written, for the same training alone."""

from __future__ import annotations

import errno
import os

import h5py
import keras
import numpy as np
import pytest

from models.training.checkpoint import (
    optimizer_variables,
    read_checkpoint,
    read_network,
    write_checkpoint,
    write_compact_checkpoint,
)
from tests.tlgan.storage.changed_hdf5 import changing_hdf5
from tests.tlgan.storage.flipped_bytes import count_caught
from tlgan.errors import UserError

pytestmark = pytest.mark.network

IDENTITY = {"config": {"maps": (4, 2)}, "seed": 1}


def variables(start: float = 0.0) -> dict[str, keras.Variable]:
    return {
        "net/kernel": keras.Variable(np.arange(6, dtype="float32").reshape(2, 3) + start),
        "net/count": keras.Variable(np.int32(start), dtype="int32", trainable=False),
    }


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "folder" / "a.checkpoint.h5"
    write_checkpoint(path, "gan", IDENTITY, 128, variables(3))
    return path


def test_every_variable_comes_back(checkpoint):
    read = variables()
    assert read_checkpoint(checkpoint, "gan", IDENTITY, read) == 128
    for name, wanted in variables(3).items():
        np.testing.assert_array_equal(np.array(read[name]), np.array(wanted))
    assert [file.name for file in checkpoint.parent.iterdir()] == [checkpoint.name]


def test_optimizer_variables_have_stable_names():
    optimizer = keras.optimizers.Adam(0.5)
    optimizer.build([keras.Variable(np.zeros(2, "float32"))])
    named = optimizer_variables("adam", optimizer)
    assert list(named)[:2] == ["adam/000", "adam/001"]
    assert list(named.values()) == list(optimizer.variables)


def test_first_moments_that_are_never_read_are_left_out():
    optimizer = keras.optimizers.Adam(0.5, beta_1=0.0)
    optimizer.build([keras.Variable(np.zeros(2, "float32"))])
    assert list(optimizer_variables("adam", optimizer)) == ["adam/000", "adam/001", "adam/003"]


def test_a_compact_checkpoint_is_small_and_read_within_its_rounding(tmp_path):
    values = np.random.default_rng(0).standard_normal(5000).astype("float32")
    tiny = (values**2 * 1e-12).astype("float32")  # second moments, far below what float16 holds

    def state(kernel, moment):
        return {
            "net/kernel": keras.Variable(kernel),
            "adam/003": keras.Variable(moment),
            "adam/000": keras.Variable(np.int64(7), dtype="int64"),
        }

    source, compact = tmp_path / "a.h5", tmp_path / "b.h5"
    write_checkpoint(source, "gan", IDENTITY, 64, state(values, tiny))
    write_compact_checkpoint(source, compact)
    assert compact.stat().st_size < 0.65 * source.stat().st_size
    read = state(0 * values, 0 * tiny)
    assert read_checkpoint(compact, "gan", IDENTITY, read) == 64
    np.testing.assert_allclose(np.array(read["net/kernel"]), values, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(np.array(read["adam/003"]), tiny, rtol=5e-3)
    assert int(read["adam/000"]) == 7


def cut(path):
    path.write_bytes(path.read_bytes()[:-300])


def change(damage):
    def apply(path):
        with changing_hdf5(path) as file:
            damage(file)

    return apply


def regroup(file):
    del file["net/kernel"]
    file.create_group("net/kernel")


def reshape(file):
    del file["net/kernel"]
    file["net/kernel"] = np.zeros(5)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut, "is damaged"),
        (lambda path: path.write_bytes(b"none"), "not a readable checkpoint"),
        (lambda path: path.unlink(), "not a readable checkpoint"),
        (change(lambda file: file.attrs.update(format="tlgan.weights")), "not a gan checkpoint"),
        (
            change(lambda file: file.attrs.update(format="tlgan.checkpoint.classifier")),
            "not a gan checkpoint",
        ),
        (change(lambda file: file.attrs.pop("identity")), "not a readable checkpoint"),
        (change(lambda file: file.attrs.update(identity="{")), "not a readable checkpoint"),
        (change(lambda file: file.pop("net/kernel")), "not a readable checkpoint"),
        (change(regroup), "not a readable checkpoint"),
        (change(reshape), "not a readable checkpoint"),
        (change(lambda file: file.attrs.pop("progress")), "not a readable checkpoint"),
    ],
)
def test_damaged_checkpoints_are_refused_by_name_with_the_mend(checkpoint, damage, message):
    damage(checkpoint)
    with pytest.raises(UserError, match=message) as error:
        read_checkpoint(checkpoint, "gan", IDENTITY, variables())
    assert str(error.value).startswith(f"{checkpoint}: ")
    assert str(error.value).endswith("Delete it to train from the beginning.")
    assert "\n" not in str(error.value)


def test_a_checkpoint_of_another_training_is_refused_with_what_differs(checkpoint):
    other = {"config": {"maps": (4, 4)}, "seed": 1, "loss": "wgan-gp"}
    with pytest.raises(UserError, match=r"of another training \(config, loss differ\)"):
        read_checkpoint(checkpoint, "gan", other, variables())


def test_one_network_of_another_training_is_read_where_it_fits(checkpoint):
    kernel = keras.Variable(np.zeros((2, 3), "float32"))
    assert read_network(checkpoint, "gan", "net", {"kernel": kernel})
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(kernel), np.arange(6).reshape(2, 3) + 3)


@pytest.mark.parametrize("other", [{"kernel": (3, 2)}, {"bias": (3,)}])
def test_a_network_of_another_shape_is_left_as_it_was(checkpoint, other):
    variables = {name: keras.Variable(np.zeros(shape, "float32")) for name, shape in other.items()}
    count = keras.Variable(np.int32(7), dtype="int32", trainable=False)
    assert not read_network(checkpoint, "gan", "net", {"count": count, **variables})
    assert int(count.value) == 7
    assert not read_network(checkpoint, "gan", "none", {"count": count})


def test_a_full_disk_leaves_the_checkpoint_before(checkpoint, monkeypatch):
    before = checkpoint.read_bytes()

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(h5py.Group, "create_dataset", full)
    with pytest.raises(UserError, match="no space left; free some") as error:
        write_checkpoint(checkpoint, "gan", IDENTITY, 999, variables(5))
    assert str(error.value).startswith(f"{checkpoint}: ")
    assert checkpoint.read_bytes() == before
    assert [file.name for file in checkpoint.parent.iterdir()] == [checkpoint.name]


def test_every_wrong_byte_is_caught(checkpoint):
    def read():
        found = variables()
        progress = read_checkpoint(checkpoint, "gan", IDENTITY, found)
        return progress, {name: np.array(values).tolist() for name, values in found.items()}

    positions = range(2048, checkpoint.stat().st_size, 61)
    assert count_caught(checkpoint, read, positions) == len(positions)
