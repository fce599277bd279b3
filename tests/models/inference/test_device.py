"""The device: what each backend says of it, and what it raises when memory runs out."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import keras
import pytest

from models.inference import device
from models.inference.device import current_device, is_out_of_memory
from tlgan.errors import UserError

GIB = 2**30


@pytest.mark.network
def test_the_device_here_has_a_name_of_its_backend():
    device = current_device()
    assert device.name.endswith(f" ({keras.backend.backend()})")
    again = current_device()
    assert (again.name, again.is_cpu) == (device.name, device.is_cpu)
    assert device.free_bytes is None or 0 < device.free_bytes < 2**50


def test_a_processor_and_its_memory_are_read_from_linux(monkeypatch):
    files = {
        "/proc/cpuinfo": ["processor : 0", "model name\t: A Processor @ 2.80GHz", "model name\t: other"],
        "/proc/meminfo": ["MemTotal: 9 kB", "MemAvailable:     4096 kB"],
    }
    monkeypatch.setattr(device, "_lines", files.get)
    assert device._processor() == "A Processor @ 2.80GHz"
    assert device._available_memory() == 4096 * 1024


def test_another_system_says_no_free_memory(monkeypatch):
    monkeypatch.setattr(device, "_lines", lambda path: [])
    assert device._processor()
    assert device._available_memory() is None


def cuda(free, reserved=0, allocated=0):
    return SimpleNamespace(
        mem_get_info=lambda device: (free, 80 * GIB),
        memory_reserved=lambda device: reserved,
        memory_allocated=lambda device: allocated,
        get_device_name=lambda device: "H100",
    )


def test_pytorch_counts_its_own_reserve_as_free(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda(50 * GIB, 7 * GIB, 3 * GIB)))
    on = lambda kind: SimpleNamespace(device=SimpleNamespace(type=kind))  # noqa: E731
    assert device._torch_device(on("cuda")) == ("H100", 54 * GIB)
    assert device._torch_device(on("mps")) == ("mps", None)
    assert device._torch_device(on("cpu")) is None


@pytest.mark.parametrize(
    ("stats", "free"),
    [({"bytes_limit": 60 * GIB, "bytes_in_use": GIB}, 59 * GIB), ({"bytes_in_use": GIB}, None), (None, None)],
)
def test_jax_says_limit_and_use_or_nothing(stats, free):
    def tensor(platform):
        device = SimpleNamespace(platform=platform, device_kind="H100", memory_stats=lambda: stats)
        return SimpleNamespace(devices=lambda: [device])

    assert device._jax_device(tensor("gpu")) == ("H100", free)
    assert device._jax_device(tensor("cpu")) is None


def test_tensorflow_says_a_name_but_no_free_memory(monkeypatch):
    config = SimpleNamespace(
        list_physical_devices=lambda kind: [f"{kind} 0", f"{kind} 1"],
        experimental=SimpleNamespace(get_device_details=lambda which: {"device_name": f"H100 as {which}"}),
    )
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(config=config))
    on = lambda place: SimpleNamespace(device=f"/job:localhost/replica:0/task:0/device:{place}")  # noqa: E731
    assert device._tensorflow_device(on("GPU:1")) == ("H100 as GPU 1", None)
    assert device._tensorflow_device(on("CPU:0")) is None


class ResourceExhaustedError(Exception):
    """As TensorFlow names it."""


class OutOfMemoryError(RuntimeError):
    """As PyTorch names it on a GPU."""


class Fail(Exception):
    """As onnxruntime names it."""

    __module__ = "onnxruntime.capi.onnxruntime_pybind11_state"


def wrapped(cause):
    error = UserError("a.onnx: fails on an input")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (ResourceExhaustedError("OOM when allocating tensor"), True),
        (OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 40 bytes."), True),  # JAX
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes."), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 5 GB)"), True),
        (MemoryError(), True),
        (wrapped(Fail("Failed to allocate memory for requested buffer of size 9")), True),
        (wrapped(Fail("Got invalid dimensions for input")), False),
        (wrapped(None), False),
        (RuntimeError("shapes do not match"), False),
        (ValueError("out of memory"), False),  # says so, but no backend raises it
    ],
)
def test_what_each_backend_raises_when_memory_runs_out(error, answer):
    assert is_out_of_memory(error) is answer


@pytest.mark.network
def test_what_this_backend_really_raises():
    """More than any machine has: 40 terabytes."""
    if keras.backend.backend() == "tensorflow":
        pytest.skip("waits ten seconds for memory to become free")
    with pytest.raises(Exception) as error:  # noqa: PT011
        keras.ops.convert_to_numpy(keras.ops.ones((10**6, 10**7)))
    assert is_out_of_memory(error.value)
