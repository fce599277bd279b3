"""Keras files: known layers and their own numbers; code in them is refused before Keras sees it."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import ops

from models.importers.keras_file import open_keras
from tlgan.errors import UserError

pytestmark = pytest.mark.network


def dense_model():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6,))
    images = keras.layers.Reshape((4, 4, 3))(keras.layers.Dense(48, activation="tanh")(inputs))
    return keras.Model(inputs, ops.clip(images * 0.5, -1, 1))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("keras") / "model.keras"
    model = dense_model()
    model.compile("adam", "mse")
    model.save(path)
    latents = np.random.default_rng(0).standard_normal((3, 6)).astype("float32")
    return path, latents, ops.convert_to_numpy(model(latents))


def test_functional_model_with_operations(saved):
    path, latents, images = saved
    network = open_keras(path)
    assert (network.input_shape, network.batch, network.parameters) == ((6,), None, 6 * 48 + 48)
    np.testing.assert_allclose(network.run(latents)[0], images, atol=1e-6)


def test_sequential_model_and_several_outputs(tmp_path):
    inputs = keras.Input((8, 8, 3))
    features = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(inputs))
    dropped = keras.layers.Dropout(0.5)(keras.layers.BatchNormalization()(features))
    outputs = {  # not in the order of their names
        "smile": keras.layers.Dense(2, name="smile")(dropped),
        "age": keras.layers.Dense(1, name="age")(dropped),
    }
    keras.Model(inputs, outputs).save(tmp_path / "a.keras")
    network = open_keras(tmp_path / "a.keras")
    assert [output.shape for output in network.run(np.zeros((5, 8, 8, 3), "f4"))] == [(5, 1), (5, 2)]
    assert network.output_names == ("age", "smile")
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="relu")]).save(tmp_path / "b.keras")
    assert open_keras(tmp_path / "b.keras").run(np.zeros((1, 2), "f4"))[0].shape == (1, 3)


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewritten(path, damage):
    """A copy whose members `damage` has changed; configs come and go as JSON."""
    members = members_of(path)
    members["config.json"] = json.loads(members["config.json"])
    damage(members)
    members["config.json"] = json.dumps(members.get("config.json"))
    with zipfile.ZipFile(path.with_name("changed.keras"), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in members.items():
            archive.writestr(name, part)
    return path.with_name("changed.keras")


def set_layer(**changes):
    return lambda members: members["config.json"]["config"]["layers"][1].update(changes)


def add_dataset(name, **arguments):
    def damage(members):
        buffer = io.BytesIO(members["model.weights.h5"])
        with h5py.File(buffer, "r+") as file:
            file.create_dataset(name, **arguments)
        members["model.weights.h5"] = buffer.getvalue()

    return damage


def link_elsewhere(members):
    buffer = io.BytesIO(members["model.weights.h5"])
    with h5py.File(buffer, "r+") as file:
        file["stolen"] = h5py.ExternalLink("/etc/secret.h5", "/")
    members["model.weights.h5"] = buffer.getvalue()


LAMBDA = {"value": "4wAAAAA=", "defaults": None, "closure": None}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (set_layer(class_name="Lambda"), "holds keras.layers.Lambda"),
        (set_layer(class_name="TFSMLayer"), "holds keras.layers.TFSMLayer"),
        (set_layer(class_name="StringLookup"), "holds keras.layers.StringLookup"),
        (set_layer(module="os", class_name="system"), "holds os.system"),
        (set_layer(module="keras.utils", class_name="get_file"), "holds keras.utils.get_file"),
        (set_layer(module="keras.config", class_name="enable_unsafe_deserialization"), "holds keras.config"),
        (set_layer(module="mine", class_name="Layer", registered_name="mine>Layer"), "holds mine.Layer"),
        (set_layer(registered_name="mine>Dense"), "holds keras.layers.Dense"),
        (set_layer(module=None), "holds None.Dense"),
        (
            lambda m: m["config.json"]["config"]["layers"][1]["config"].update(
                activation={"class_name": "__lambda__", "config": LAMBDA}
            ),
            "holds None.__lambda__",
        ),
        (
            lambda m: m["config.json"]["config"]["layers"][1]["config"].update(
                activation={
                    "class_name": "function",
                    "module": "os",
                    "config": "system",
                    "registered_name": "system",
                }
            ),
            "holds os.function",
        ),
        (lambda m: m.update({"assets/vocabulary.txt": b"/etc/passwd"}), "must hold .* alone"),
        (lambda m: m.pop("model.weights.h5"), "must hold .* alone"),
        (lambda m: m.update({"config.json": [1]}), "config.json must describe a model"),
        (lambda m: m["config.json"].update(config={}), "is no Keras model that can be built"),
        (link_elsewhere, "`stolen` must hold its own numbers"),
        (
            add_dataset("bomb", shape=(2**44,), dtype="f4", chunks=(2**20,)),
            "`bomb` must hold its own numbers",
        ),
        (
            lambda m: m.update({"model.weights.h5": bytes(10**7)}),
            "must have at most \\d+ bytes. It declares 10000000",
        ),
    ],
)
def test_code_and_bombs_are_refused(saved, damage, message):
    path = rewritten(saved[0], damage)
    with pytest.raises(UserError, match=message) as error:
        open_keras(path)
    assert "\n" not in str(error.value)


def test_a_lambda_that_keras_saved_is_refused_and_not_run(tmp_path):
    mark = str(tmp_path / "mark")
    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Lambda(lambda x: [open(mark, "a").close(), x][1])(inputs))
    model.save(tmp_path / "a.keras")
    Path(mark).unlink()
    with pytest.raises(UserError, match="Lambda"):
        open_keras(tmp_path / "a.keras")
    assert not Path(mark).exists()


def test_a_custom_layer_is_refused_even_when_it_is_registered(tmp_path):
    @keras.saving.register_keras_serializable("foreign")
    class Doubling(keras.layers.Layer):
        def call(self, values):
            return values * 2

    keras.Sequential([keras.Input((2,)), Doubling()]).save(tmp_path / "a.keras")
    with pytest.raises(UserError, match="Doubling"):
        open_keras(tmp_path / "a.keras")


def test_several_inputs_are_refused(tmp_path):
    first, second = keras.Input((2,)), keras.Input((2,))
    keras.Model([first, second], keras.layers.Add()([first, second])).save(tmp_path / "a.keras")
    with pytest.raises(UserError, match="must have one input"):
        open_keras(tmp_path / "a.keras")


@pytest.mark.parametrize("cut", [5, 200, 3000])
def test_cut_files_are_refused(saved, tmp_path, cut):
    path = tmp_path / "cut.keras"
    path.write_bytes(saved[0].read_bytes()[:-cut])
    with pytest.raises(UserError) as error:
        open_keras(path)
    assert str(error.value).startswith(str(path))


@pytest.mark.parametrize(("version", "old"), [("2.15.0", True), ("1.2", True), ("3.0.0", False)])
def test_what_an_older_keras_saved_is_told(saved, version, old):
    def rename(members):
        members["metadata.json"] = json.dumps({"keras_version": version})
        members["config.json"]["module"] = "keras.src.engine.functional"

    words = (
        rf"was saved by Keras {version}.*Keras 3 \(`model\.save`\).*ONNX" if old else "holds keras.src.engine"
    )
    with pytest.raises(UserError, match=words):
        open_keras(rewritten(saved[0], rename))


@pytest.mark.parametrize("metadata", ["[", "[]", "{}"])
def test_damaged_metadata_say_no_version(saved, metadata):
    path = rewritten(saved[0], lambda members: members.update({"metadata.json": metadata}))
    with contextlib.suppress(UserError):  # Keras itself may want more of them
        open_keras(path)
