"""Files and folders that are not read, by what they hold."""

from __future__ import annotations

import collections
import io
import json
import pickle
import sys
import types
import zipfile
from unittest import mock

import h5py
import numpy as np
import pytest

from models.importers.file_kind import file_kind
from models.importers.other_kinds import describe_other, pickled_network
from tests.models.conftest import official_state, write_official, write_torch
from tlgan.errors import UserError


def pickled(module, name, protocol=4, **state):
    """A pickle of a dict that holds an object of a class of this module."""
    kind = type(name, (), {"__module__": module})
    parents = module.split(".")
    modules = {".".join(parents[: n + 1]): types.ModuleType(module) for n in range(len(parents))}
    setattr(modules[module], name, kind)
    made = kind()
    made.__dict__.update(state)
    with mock.patch.dict(sys.modules, modules):
        return pickle.dumps({"training": collections.OrderedDict(a=np.zeros(2)), "G_ema": made}, protocol)


def stylegan2(protocol=4):
    """As stylegan2-ada-pytorch pickles its networks: a function, and the source text of their module."""
    utils = types.ModuleType("torch_utils.persistence")

    def _reconstruct_persistent_obj(meta):
        raise AssertionError("never called")

    _reconstruct_persistent_obj.__module__ = "torch_utils.persistence"
    _reconstruct_persistent_obj.__qualname__ = "_reconstruct_persistent_obj"
    utils._reconstruct_persistent_obj = _reconstruct_persistent_obj

    class Generator:
        def __reduce__(self):
            return _reconstruct_persistent_obj, ({"type": "class", "module_src": "import torch\n" * 9000},)

    modules = {"torch_utils": types.ModuleType("torch_utils"), "torch_utils.persistence": utils}
    with mock.patch.dict(sys.modules, modules):
        return pickle.dumps({"training_set_kwargs": None, "G": Generator(), "G_ema": Generator()}, protocol)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_stylegan2_is_named_with_the_way_in(tmp_path, protocol):
    path = tmp_path / "ffhq.pkl"
    path.write_bytes(stylegan2(protocol))
    with pytest.raises(UserError) as error:
        file_kind(path)
    message = str(error.value)
    assert message.startswith(f"{path}: is a network of NVIDIA's PyTorch code (StyleGAN2-ADA, StyleGAN3)")
    assert "export it to ONNX" in message
    assert "do not open it" not in message


@pytest.mark.parametrize(
    ("module", "name", "words"),
    [
        ("dnnlib.tflib.network", "Network", "NVIDIA's TensorFlow code (StyleGAN, StyleGAN2)"),
        ("dnnlib.util", "EasyDict", "NVIDIA's code"),
        ("sklearn.svm._classes", "SVC", "a model of scikit-learn"),
        ("torch.nn.modules.linear", "Linear", "a module of PyTorch"),
        ("keras.src.models.functional", "Functional", "a model of Keras"),
        ("pandas.core.frame", "DataFrame", "a table of pandas"),
    ],
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_pickles_are_told_by_the_modules_they_name(module, name, words, protocol):
    content = pickled(module, name, protocol)
    assert words in (pickled_network(content) or "")
    assert words in (pickled_network(content + b"cut off") or "")


def test_pickles_that_are_read_or_unknown_are_left_to_their_readers(tmp_path):
    path = write_official(tmp_path / "a.pkl", official_state(resolution=8))
    assert describe_other(path) is None
    for content in (
        pickle.dumps({"a": np.zeros(2)}),
        pickled("elsewhere", "Thing"),
        b"\x80",
        b"\x80\x04\x95",
    ):
        assert pickled_network(content) is None
    # A text that looks like a module's name is none.
    assert pickled_network(pickle.dumps(["sklearn.svm", np.zeros(2), "torch.nn"])) is None


def folder_of(*names):
    def make(path):
        path.mkdir()
        for name in names:
            (path / name).parent.mkdir(exist_ok=True)
            (path / name).touch()

    return make


def hdf5_with(**attributes):
    def make(path):
        with h5py.File(path, "w") as file:
            file.attrs.update(attributes)

    return make


def zip_of(*names):
    def make(path):
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, b"x")

    return make


def containing(content):
    return lambda path: path.write_bytes(content)


def module_saved_whole(path):
    module = types.ModuleType("torch.nn.modules.linear")
    module.Linear = type("Linear", (), {"__module__": module.__name__})
    buffer = io.BytesIO()
    parents = {name: types.ModuleType(name) for name in ("torch", "torch.nn", "torch.nn.modules")}
    with mock.patch.dict(sys.modules, parents | {module.__name__: module}):
        pickle.dump(module.Linear(), buffer, 2)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", buffer.getvalue())


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        (
            "saved",
            folder_of("saved_model.pb", "variables/variables.index"),
            "a SavedModel folder of TensorFlow",
        ),
        (
            "saved",
            folder_of("saved_model.pb", "keras_metadata.pb"),
            "save it with Keras 3 as `.keras`, or export it",
        ),
        (
            "ckpt",
            folder_of("checkpoint", "model.index", "model.data-00000-of-00001"),
            "checkpoint of TensorFlow",
        ),
        ("sd", folder_of("model_index.json"), "diffusers"),
        ("x.mlpackage", folder_of("Manifest.json"), "Core ML"),
        ("hub", folder_of("config.json", "pytorch_model.bin"), "a folder of a model hub"),
        (
            "unzipped",
            folder_of("config.json", "metadata.json", "model.weights.h5"),
            "an unpacked `.keras` file",
        ),
        ("unzipped", folder_of("data.pkl", "data/0"), "an unpacked PyTorch file"),
        ("some", folder_of("a.onnx", "b.txt"), "a folder (a.onnx, b.txt): name a file in it"),
        ("none", folder_of(), "a folder (empty)"),
        (
            "old.h5",
            hdf5_with(model_config="{}", keras_version=b"2.15.0"),
            "as Keras 2.15.0 saved it: save it with Keras 3",
        ),
        ("old.h5", hdf5_with(layer_names=np.array([b"dense"])), "weights of Keras 2"),
        ("a.axes.h5", hdf5_with(format="tlgan.axes"), "an axis file, not a network"),
        ("a.h5", hdf5_with(format="tlgan.samples"), "a file of this project (tlgan.samples)"),
        ("a.pt", zip_of("a/data.pkl", "a/code/__torch__.py", "a/constants.pkl"), "TorchScript"),
        ("a.pt2", zip_of("a/models/model.json", "a/archive_format"), "torch.export"),
        ("a.pt", module_saved_whole, "a module of PyTorch, saved whole"),
        ("a.zip", zip_of("net.onnx", "net.toml"), "a zip archive (net.onnx, net.toml): unpack it"),
        ("net.onnx.data", containing(b"\0" * 100), "the numbers of net.onnx: name that file"),
        ("model.index", containing(b"\0" * 100), "checkpoint of TensorFlow"),
        ("frozen.pb", containing(b"\n\x05"), "a graph of TensorFlow"),
        ("a.tflite", containing(b"\x1c\0\0\0TFL3"), "TensorFlow Lite"),
        (
            "a.safetensors",
            containing((20).to_bytes(8, "little") + b'{"w": {}}'),
            "safetensors, numbers without",
        ),
        (
            "model.json",
            containing(json.dumps({"class_name": "Functional"}).encode()),
            "description of a Keras model",
        ),
        ("net.pkl.gz", containing(b"\x1f\x8b\x08"), "compressed (gzip): unpack it"),
        ("net.pkl", containing(b""), "an empty file: fetch it again"),
        ("net.pkl", containing(b"%PDF-1.7\n"), "a PDF document: fetch the network again"),
        ("net.pth", containing(b"\x89PNG\r\n\x1a\n"), "a picture (PNG)"),
        ("net.h5", containing(b"\xff\xd8\xff\xe0"), "a picture (JPEG)"),
        ("weights.npy", containing(b"\x93NUMPY\x01\0"), "an array of NumPy, numbers without their network"),
    ],
)
def test_what_is_not_read_says_what_it_is(tmp_path, name, make, words):
    make(tmp_path / name)
    assert words in (describe_other(tmp_path / name) or "")
    with pytest.raises(UserError) as error:
        file_kind(tmp_path / name)
    assert str(error.value).startswith(f"{tmp_path / name}: is ")
    assert "\n" not in str(error.value)


def test_files_that_are_read_are_nothing_else(tmp_path):
    assert describe_other(write_torch(tmp_path / "a.pt", {"a": np.zeros(2, "f4")})) is None
    hdf5_with()(tmp_path / "a.weights.h5")
    assert describe_other(tmp_path / "a.weights.h5") is None
    containing(b"\x08\x0a")(tmp_path / "a.onnx")
    assert describe_other(tmp_path / "a.onnx") is None
