"""Files of other projects' networks, made on the spot with random numbers."""

from __future__ import annotations

import io
import pickle
import struct
import sys
import types
import zipfile
from itertools import pairwise
from unittest import mock

import numpy as np
import pytest

from tests.models.network_here import NetworkHere

RANDOM_SEED = 5


@pytest.fixture(autouse=True)
def networks_run_here(monkeypatch):
    """Networks of these tests are their own: no process of its own is started for each."""
    monkeypatch.setattr("models.importers.first_pass.process.start_process", NetworkHere)


def widths(given):
    """Stage widths of the published network, from stage 0."""
    levels = given["resolution"].bit_length() - 1
    base, most, decay = given["fmap_base"], given["fmap_max"], given.get("fmap_decay", 1.0)
    return [min(int(base / 2.0 ** (stage * decay)), most) for stage in range(levels)]


def official_state(function="G_paper", name="Gs", seed=RANDOM_SEED, **given):
    """The state of a `tfutil.Network`, variables in the order in which TensorFlow made them."""
    given = {"num_channels": 3, "resolution": 16, "label_size": 0, "fmap_base": 64, "fmap_max": 12} | given
    random = np.random.default_rng(seed)
    scaled, fused = given.get("use_wscale", True), given.get("fused_scale", True)
    widest, *maps = widths(given)
    colours, labels, first = given["num_channels"], given["label_size"], maps[0]
    levels = len(maps)
    variables = [("lod", np.float32(0.0))]

    def add(layer, *shape, maps_out=None):
        spread = 1.0 if scaled else 0.4
        variables.append((f"{layer}/weight", np.float32(random.normal(0, spread, shape))))
        variables.append((f"{layer}/bias", np.float32(random.normal(0, 0.3, maps_out or shape[-1]))))

    if function == "G_paper":
        given.setdefault("latent_size", 10)
        add("4x4/Dense", given["latent_size"] + labels, 16 * first, maps_out=first)
        add("4x4/Conv", 3, 3, first, first)
        for level, (before, after) in enumerate(pairwise(maps), start=1):
            place = f"{4 << level}x{4 << level}"
            if fused:
                add(f"{place}/Conv0_up", 3, 3, after, before, maps_out=after)
            else:
                add(f"{place}/Conv0", 3, 3, before, after)
            add(f"{place}/Conv1", 3, 3, after, after)
        for level, width in enumerate(maps):
            add(f"ToRGB_lod{levels - 1 - level}", 1, 1, width, colours)
    else:
        for level, width in enumerate(maps):
            add(f"FromRGB_lod{levels - 1 - level}", 1, 1, colours, width)
        for level, (before, after) in enumerate(pairwise(maps), start=1):
            place = f"{4 << level}x{4 << level}"
            add(f"{place}/Conv0", 3, 3, after, after)
            add(f"{place}/Conv1_down" if fused else f"{place}/Conv1", 3, 3, after, before)
        add("4x4/Conv", 3, 3, first + 1, first)
        add("4x4/Dense0", 16 * first, widest)
        add("4x4/Dense1", widest, 1 + labels)
    return {
        "version": 2,
        "name": name,
        "static_kwargs": given,
        "build_module_src": "raise SystemExit('this text must never be executed')\n",
        "build_func_name": function,
        "variables": variables,
    }


class _Network:
    def __init__(self, state):
        self.__dict__ = state


def write_official(path, states, protocol=4, names_of_2018=False, module="tfutil", kind="Network"):
    """Pickle states as the published files are; `states` is one or a tuple."""
    network = type(kind, (_Network,), {"__module__": module})
    fake = types.ModuleType(module)
    setattr(fake, kind, network)
    content = tuple(map(network, states)) if isinstance(states, tuple) else network(states)
    parents = module.split(".")[:-1]
    modules = {".".join(parents[: depth + 1]): types.ModuleType("parent") for depth in range(len(parents))}
    with mock.patch.dict(sys.modules, modules | {module: fake}):
        data = pickle.dumps(content, protocol)
    if names_of_2018:
        data = data.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    path.write_bytes(data)
    return path


def gan_zoo_state(latent_dim=10, maps=(8, 8, 6), colours=3, seed=RANDOM_SEED):
    """State dict of a pytorch_GAN_zoo generator."""
    random = np.random.default_rng(seed)
    state = {}

    def add(name, *shape):
        state[f"{name}.module.weight"] = np.float32(random.normal(0, 1, shape))
        state[f"{name}.module.bias"] = np.float32(random.normal(0, 1, shape[0]))

    for level, (before, after) in enumerate(pairwise(maps)):
        add(f"scaleLayers.{level}.0", after, before, 3, 3)
        add(f"scaleLayers.{level}.1", after, after, 3, 3)
    for level, width in enumerate(maps):
        add(f"toRGBLayers.{level}", colours, width, 1, 1)
    add("formatLayer", 16 * maps[0], latent_dim)
    add("groupScale0.0", maps[0], maps[0], 3, 3)
    return state


def genforce_state(latent_dim=10, maps=(8, 8, 6), fused=False, start=0, seed=RANDOM_SEED):
    """State dict of an InterFaceGAN generator; those that count from 1 keep the last colours only."""
    random = np.random.default_rng(seed)
    state = {} if start else {"lod": np.float32(0)}

    def add(name, weight, *shape, out=None):
        state[f"{name}.{weight}"] = np.float32(random.normal(0, 1, shape))
        state[f"{name}.wscale.bias"] = np.float32(random.normal(0, 0.3, out or shape[0]))

    add(f"layer{start}", "conv.weight", maps[0], latent_dim, 4, 4)
    add(f"layer{start + 1}", "conv.weight", maps[0], maps[0], 3, 3)
    for level, (before, after) in enumerate(pairwise(maps), start=1):
        if fused:
            add(f"layer{start + 2 * level}", "weight", 3, 3, before, after, out=after)
        else:
            add(f"layer{start + 2 * level}", "conv.weight", after, before, 3, 3)
        add(f"layer{start + 2 * level + 1}", "conv.weight", after, after, 3, 3)
    for level, width in enumerate(maps):
        if not start:
            add(f"output{level}", "conv.weight", 3, width, 1, 1)
    if start:
        side = 4 << (len(maps) - 1)
        add(f"output_{side}x{side}", "conv.weight", 3, maps[-1], 1, 1)
    return state


def _fake_torch():
    """Modules under PyTorch's names with what its pickles name; the pickler only looks them up."""
    torch, utils, config = (
        types.ModuleType(name) for name in ("torch", "torch._utils", "models.utils.config")
    )
    for name in ("FloatStorage", "DoubleStorage", "LongStorage", "HalfStorage"):
        setattr(torch, name, type(name, (), {"__module__": "torch"}))

    def _rebuild_tensor_v2(*arguments):
        raise AssertionError("never called here")

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    config.BaseConfig = type("BaseConfig", (), {"__module__": "models.utils.config"})
    return {"torch": torch, "torch._utils": utils, "models.utils": types.ModuleType("models.utils")} | {
        "models.utils.config": config
    }


class _Storage:
    def __init__(self, values, key):
        self.values, self.key = np.ascontiguousarray(values).ravel(), key


class _Tensor:
    def __init__(self, storage, values, rebuild):
        self.storage, self.values, self.rebuild = storage, values, rebuild

    def __reduce__(self):
        strides = tuple(step // self.values.itemsize for step in np.ascontiguousarray(self.values).strides)
        return self.rebuild, (self.storage, 0, self.values.shape, strides[: self.values.ndim], False, {})


def write_torch(path, content, legacy=False, change=None):
    """Write as `torch.save` does; dicts under the key "config" become objects of BaseConfig.

    `change` may alter the dict of the zip's members before they are written.
    """
    modules, storages = _fake_torch(), []
    kinds = {"f4": "FloatStorage", "f8": "DoubleStorage", "i8": "LongStorage", "f2": "HalfStorage"}

    def tensors(value, name=""):
        if name == "config":
            made = modules["models.utils.config"].BaseConfig()
            made.__dict__.update(value)
            return made
        if isinstance(value, dict):
            return {key: tensors(part, key) for key, part in value.items()}
        if isinstance(value, np.ndarray | np.generic):
            storages.append(_Storage(value, str(len(storages))))
            return _Tensor(storages[-1], np.asarray(value), modules["torch._utils"]._rebuild_tensor_v2)
        return value

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            if not isinstance(value, _Storage):
                return None
            kind = getattr(modules["torch"], kinds[value.values.dtype.str[1:]])
            rest = (None,) if legacy else ()
            return ("storage", kind, value.key, "cpu", value.values.size, *rest)

    def dumped(value):
        buffer = io.BytesIO()
        with mock.patch.dict(sys.modules, modules):
            Pickler(buffer, 2).dump(value)
        return buffer.getvalue()

    data = dumped(tensors(content))
    if legacy:
        system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}
        header = [0x1950A86A20F9469CFC6C, 1001, system]
        keys = [storage.key for storage in reversed(storages)]
        parts = [*(pickle.dumps(value, 2) for value in header), data, pickle.dumps(keys, 2)]
        for storage in reversed(storages):
            parts += [struct.pack("<q", storage.values.size), storage.values.tobytes()]
        path.write_bytes(b"".join(parts))
        return path
    members = {"data.pkl": data, "byteorder": b"little", "version": b"3\n"}
    members |= {f"data/{storage.key}": storage.values.tobytes() for storage in storages}
    if change:
        change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in members.items():
            archive.writestr(f"archive/{name}", part)
    return path


def write_onnx(path, build, inputs, outputs, initializers=(), domain="", functions=()):
    """An ONNX file of the nodes that `build(helper)` gives."""
    onnx = pytest.importorskip("onnx")
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    infos = [
        [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in group]
        for group in (inputs, outputs)
    ]
    constants = [numpy_helper.from_array(values, name) for name, values in initializers]
    graph = helper.make_graph(build(helper), "graph", *infos, constants)
    opsets = [helper.make_opsetid("", 18)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    path.write_bytes(helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString())
    return path


FLOAT = 1  # onnx.TensorProto.FLOAT


def onnx_generator(
    path, latent_dim=6, side=8, layout="NCHW", ending="Tanh", input_ones=False, batch="N", colours=3
):
    """A generator of one dense layer: tanh, sigmoid, or bytes. Returns its function in NumPy."""
    kernel = np.float32(np.random.default_rng(2).normal(0, 0.7, (latent_dim, colours * side * side)))
    shape = (colours, side, side) if layout == "NCHW" else (side, side, colours)

    def build(helper):
        ends = {
            "Tanh": [helper.make_node("Tanh", ["flat"], ["ended"])],
            "Sigmoid": [helper.make_node("Sigmoid", ["flat"], ["ended"])],
            "bytes": [
                helper.make_node("Sigmoid", ["flat"], ["unit"]),
                helper.make_node("Mul", ["unit", "white"], ["ended"]),
            ],
        }
        return [
            helper.make_node("Flatten", ["latents"], ["rows"]),
            helper.make_node("MatMul", ["rows", "kernel"], ["flat"]),
            *ends[ending],
            helper.make_node("Reshape", ["ended", "shape"], ["images"]),
        ]

    constants = [("kernel", kernel), ("white", np.float32(255)), ("shape", np.int64([-1, *shape]))]
    given = [batch, latent_dim, 1, 1] if input_ones else [batch, latent_dim]
    write_onnx(path, build, [("latents", FLOAT, given)], [("images", FLOAT, [batch, *shape])], constants)

    def draw(latents):
        flat = latents @ kernel
        images = np.tanh(flat) if ending == "Tanh" else 2 / (1 + np.exp(-flat)) - 1
        images = images.reshape(-1, *shape)
        return images.transpose(0, 2, 3, 1) if layout == "NCHW" else images

    return draw
