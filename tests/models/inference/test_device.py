"""The device: its name and free memory, and what each backend raises when memory runs out."""

from __future__ import annotations

import keras
import pytest

from models.inference import device
from models.inference.backend import Accelerator
from models.inference.device import Device, current_device, is_out_of_memory
from tlgan.errors import UserError


@pytest.mark.network
def test_current_device_is_named_with_its_backend():
    device = current_device()
    assert device.name.endswith(f" ({keras.backend.backend()})")
    again = current_device()
    assert (again.name, again.is_cpu) == (device.name, device.is_cpu)
    assert device.free_bytes is None or 0 < device.free_bytes < 2**50


@pytest.fixture
def system_files(monkeypatch):
    """Text of the files of a Linux system, by path; the others are missing. No accelerator is there."""
    files = {}

    class SystemPath:
        def __init__(self, path):
            self.path = path

        def read_text(self, **_):
            if self.path not in files:
                raise FileNotFoundError(self.path)
            return files[self.path]

    monkeypatch.setattr(device, "Path", SystemPath)
    monkeypatch.setattr(device, "find_accelerator", lambda: None)
    monkeypatch.setattr(device, "backend_name", lambda: "a backend")
    return files


def test_processor_and_its_memory_are_read_from_linux(system_files):
    system_files["/proc/cpuinfo"] = (
        "processor : 0\nmodel name\t: A Processor @ 2.80GHz\nmodel name\t: other\n"
    )
    system_files["/proc/meminfo"] = "MemTotal: 9 kB\nMemAvailable:     4096 kB\n"
    assert current_device() == Device("A Processor @ 2.80GHz (a backend)", True, 4096 * 1024)


def test_accelerator_goes_before_the_processor(system_files, monkeypatch):
    monkeypatch.setattr(device, "find_accelerator", lambda: Accelerator("H100", 5))
    assert current_device() == Device("H100 (a backend)", False, 5)


def test_free_memory_is_unknown_on_other_systems(system_files):
    found = current_device()
    assert found.name.endswith(" (a backend)")
    assert len(found.name) > len(" (a backend)")
    assert (found.is_cpu, found.free_bytes) == (True, None)


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
    ("error", "expected"),
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
def test_out_of_memory_is_told_from_the_errors_of_each_backend(error, expected):
    assert is_out_of_memory(error) is expected


@pytest.mark.network
def test_out_of_memory_of_this_backend_is_recognised():
    """More than any machine has: 40 terabytes."""
    if keras.backend.backend() == "tensorflow":
        pytest.skip("waits ten seconds for memory to become free")
    with pytest.raises(Exception) as error:  # noqa: PT011
        keras.ops.convert_to_numpy(keras.ops.ones((10**6, 10**7)))
    assert is_out_of_memory(error.value)
