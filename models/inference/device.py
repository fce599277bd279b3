"""The device that networks compute on: its name, its free memory, and whether an error means too little of it."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from models.inference.backend import backend_name, find_accelerator


@dataclass(frozen=True)
class Device:
    """What Keras computes on.

    Attributes
    ----------
    name : str, of the device and of the backend
    is_cpu : bool
    free_bytes : int or None, memory that is free; None where the backend does not tell
    """

    name: str
    is_cpu: bool
    free_bytes: int | None


def current_device() -> Device:
    """The device where Keras puts a tensor."""
    accelerator = find_accelerator()
    if accelerator is None:
        return Device(f"{_processor_name()} ({backend_name()})", True, _available_memory())
    return Device(f"{accelerator.name} ({backend_name()})", False, accelerator.free_bytes)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a computation failed, or what it was caused by, because memory ran out.

    These are `ResourceExhaustedError` of TensorFlow, `OutOfMemoryError` of PyTorch and Python's
    `MemoryError`; JAX, PyTorch on a CPU or an Apple GPU, and onnxruntime say so in their messages.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & {"ResourceExhaustedError", "OutOfMemoryError", "MemoryError"}:
        return True
    phrases = ("RESOURCE_EXHAUSTED", "DefaultCPUAllocator", "out of memory", "Failed to allocate memory")
    if isinstance(error, RuntimeError) or "onnxruntime" in type(error).__module__:
        return any(phrase in str(error) for phrase in phrases)
    return error.__cause__ is not None and is_out_of_memory(error.__cause__)


def _processor_name() -> str:
    for line in _read_lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _available_memory() -> int | None:
    """Bytes that Linux can give without swapping; None on other systems."""
    for line in _read_lines("/proc/meminfo"):
        if line.startswith("MemAvailable:"):
            return 1024 * int(line.split()[1])
    return None


def _read_lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # another system
        return []
