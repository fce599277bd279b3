"""What differs between backends: compiled functions give the same, devices are found."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import ops

from models.inference import backend
from models.inference.backend import Accelerator, backend_name, compile_function, find_accelerator

GIB = 2**30


@pytest.mark.network
def test_compiled_function_gives_what_the_function_gives():
    layer = keras.layers.Dense(3)
    rows = np.random.default_rng(0).standard_normal((4, 5)).astype("float32")
    wanted = ops.convert_to_numpy(layer(rows))
    compiled = compile_function(lambda tensor: [layer(tensor), ops.sum(tensor)])
    for n in (4, 2):  # another shape is compiled beside the first
        first, total = compiled(ops.convert_to_tensor(rows[:n]))
        np.testing.assert_allclose(ops.convert_to_numpy(first), wanted[:n], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(ops.convert_to_numpy(total), rows[:n].sum(), rtol=1e-4)


@pytest.mark.network
def test_accelerator_here_has_a_name_or_is_none():
    assert backend_name() == keras.backend.backend()
    accelerator = find_accelerator()
    assert accelerator is None or accelerator.name


def cuda(free, reserved=0, allocated=0):
    return SimpleNamespace(
        mem_get_info=lambda device: (free, 80 * GIB),
        memory_reserved=lambda device: reserved,
        memory_allocated=lambda device: allocated,
        get_device_name=lambda device: "H100",
    )


def accelerator_of(monkeypatch, name, tensor):
    """What is found where Keras, on the backend of that name, makes this tensor."""
    monkeypatch.setattr(backend, "backend_name", lambda: name)
    monkeypatch.setattr(backend, "ops", SimpleNamespace(zeros=lambda shape: tensor))
    return find_accelerator()


def test_pytorch_reserve_counts_as_free(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda(50 * GIB, 7 * GIB, 3 * GIB)))
    on = lambda kind: SimpleNamespace(device=SimpleNamespace(type=kind))  # noqa: E731
    assert accelerator_of(monkeypatch, "torch", on("cuda")) == Accelerator("H100", 54 * GIB)
    assert accelerator_of(monkeypatch, "torch", on("mps")) == Accelerator("mps", None)
    assert accelerator_of(monkeypatch, "torch", on("cpu")) is None


@pytest.mark.parametrize(
    ("stats", "free"),
    [({"bytes_limit": 60 * GIB, "bytes_in_use": GIB}, 59 * GIB), ({"bytes_in_use": GIB}, None), (None, None)],
)
def test_jax_free_memory_is_limit_less_use(monkeypatch, stats, free):
    def tensor(platform):
        device = SimpleNamespace(platform=platform, device_kind="H100", memory_stats=lambda: stats)
        return SimpleNamespace(devices=lambda: [device])

    assert accelerator_of(monkeypatch, "jax", tensor("gpu")) == Accelerator("H100", free)
    assert accelerator_of(monkeypatch, "jax", tensor("cpu")) is None


def test_tensorflow_free_memory_is_unknown(monkeypatch):
    config = SimpleNamespace(
        list_physical_devices=lambda kind: [f"{kind} 0", f"{kind} 1"],
        experimental=SimpleNamespace(get_device_details=lambda which: {"device_name": f"H100 as {which}"}),
    )
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(config=config))
    on = lambda place: SimpleNamespace(device=f"/job:localhost/replica:0/task:0/device:{place}")  # noqa: E731
    assert accelerator_of(monkeypatch, "tensorflow", on("GPU:1")) == Accelerator("H100 as GPU 1", None)
    assert accelerator_of(monkeypatch, "tensorflow", on("CPU:0")) is None
