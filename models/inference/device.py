"""The device that networks compute on: its name, its free memory, and when that was not enough."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

import keras
from keras import ops


@dataclass(frozen=True)
class Device:
    """What Keras computes on.

    Attributes
    ----------
    name : str, of the device and of the backend
    is_cpu : bool
    free_bytes : int or None, memory that is free; None where the backend does not say
    """

    name: str
    is_cpu: bool
    free_bytes: int | None


def current_device() -> Device:
    """The device where Keras puts a tensor.

    PyTorch tells the free memory of a CUDA device and JAX that of any it can; TensorFlow tells only what
    it uses, not of how much.
    """
    tensor, backend = ops.zeros(1), keras.backend.backend()
    found = {"torch": _torch_device, "jax": _jax_device, "tensorflow": _tensorflow_device}[backend](tensor)
    name, free_bytes = found or (_processor(), _available_memory())
    return Device(f"{name} ({backend})", found is None, free_bytes)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a computation failed, or what it was caused by, because memory ran out.

    These are `ResourceExhaustedError` of TensorFlow, `OutOfMemoryError` of PyTorch and Python's
    `MemoryError`; JAX, PyTorch on a CPU or an Apple GPU, and onnxruntime tell it in words.
    """
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & {"ResourceExhaustedError", "OutOfMemoryError", "MemoryError"}:
        return True
    words = ("RESOURCE_EXHAUSTED", "DefaultCPUAllocator", "out of memory", "Failed to allocate memory")
    if isinstance(error, RuntimeError) or "onnxruntime" in type(error).__module__:
        return any(word in str(error) for word in words)
    return error.__cause__ is not None and is_out_of_memory(error.__cause__)


def _torch_device(tensor) -> tuple[str, int | None] | None:
    import torch

    device = tensor.device
    if device.type == "cpu":
        return None
    if device.type != "cuda":
        return device.type, None
    free = torch.cuda.mem_get_info(device)[0]
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)  # PyTorch's own reserve
    return torch.cuda.get_device_name(device), free + kept


def _jax_device(tensor) -> tuple[str, int | None] | None:
    (device,) = tensor.devices()
    if device.platform == "cpu":
        return None
    facts = device.memory_stats() or {}
    if not {"bytes_limit", "bytes_in_use"} <= set(facts):
        return device.device_kind, None
    return device.device_kind, facts["bytes_limit"] - facts["bytes_in_use"]


def _tensorflow_device(tensor) -> tuple[str, int | None] | None:
    import tensorflow as tf

    kind, number = tensor.device.rsplit(":", 2)[-2:]  # …/device:GPU:0
    if kind == "CPU":
        return None
    physical = tf.config.list_physical_devices(kind)[int(number)]
    return tf.config.experimental.get_device_details(physical).get("device_name", kind), None


def _processor() -> str:
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _available_memory() -> int | None:
    """What Linux can give without swapping."""
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemAvailable:"):
            return 1024 * int(line.split()[1])
    return None


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # another system
        return []
