"""How many rows go through a network at a time: what fits into memory, or what fitted in an earlier run."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from models.inference.device import Device, current_device, is_out_of_memory
from tlgan.errors import UserError

# Activations of the largest size that are in memory at once, about.
LIVE_ACTIVATIONS = 6
# More rows make no network faster on a CPU: at 64×64 a generator is slower with 128 or 256 than with 64 on
# TensorFlow, JAX and PyTorch.
CPU_ROWS, CPU_BYTES, CPU_SHARE = 64, 2**29, 1 / 4
GPU_ROWS, GPU_SHARE = 256, 1 / 2
# Taken for a GPU's share where its backend does not tell what is free.
DEFAULT_GPU_BYTES = 2**32
MAX_ACTIVATION_FLOATS = 2**30  # many kernels count in 32 bits
# Feature maps at full resolution of a network whose layers are not known; the published generator has 16.
ASSUMED_MAPS = 16
MUCH_MORE = 4


class BatchSize:
    """Rows that go through a network at a time; fewer after memory ran out.

    Parameters
    ----------
    rows : int, to begin with
    least : int, fewer than these are never taken
    batch_size_cache : mapping, where the number of rows that went through is written; None: nowhere
    key : str, under which it is written
    """

    def __init__(
        self,
        rows: int,
        *,
        least: int = 1,
        batch_size_cache: MutableMapping[str, Any] | None = None,
        key: str = "",
    ) -> None:
        self.rows = rows
        self._least, self._cache, self._key = least, batch_size_cache, key
        self._cached_rows = None if batch_size_cache is None else batch_size_cache.get(key)

    def fix(self, rows: int) -> None:
        """Take so many rows from now on where the network can, and write nothing to the cache."""
        self.rows, self._cache = max(rows, self._least), None

    def record_success(self) -> None:
        """Write the number of rows, which have just gone through, to the cache."""
        if self._cache is not None and self._cached_rows != self.rows:
            self._cache[self._key] = self._cached_rows = self.rows

    def halve_after(self, error: Exception) -> bool:
        """Halve the rows if `error` says that memory ran out; whether it did.

        Raises
        ------
        UserError
            Where the least number of rows is too many.
        """
        if not is_out_of_memory(error):
            return False
        if self.rows <= self._least:
            raise UserError(
                f"Memory of {current_device().name} ran out with {self.rows} "
                f"row{'s' * (self.rows > 1)} at a time, and the network takes no fewer. End what else uses "
                "it, or hide the GPU (CUDA_VISIBLE_DEVICES=) to compute on the CPU."
            ) from error
        self.rows = max(self.rows // 2, self._least)
        return True


def choose_batch_size(
    floats_per_row: int,
    identity: str,
    batch_size_cache: MutableMapping[str, Any] | None = None,
    rows: int | None = None,
) -> BatchSize:
    """Choose the batch size of a network on the device that Keras computes on.

    A number in the cache is taken again, whatever memory is free today, for results may differ in the
    last bit from one batch size to another.

    Parameters
    ----------
    floats_per_row : int, size of the network's largest activation
    identity : str, of the network and of what it computes
    batch_size_cache : mapping of str to int or None, what earlier runs found; this one adds to it
    rows : int or None, a number of rows to take in any case; not written to the cache
    """
    if rows is not None:
        if rows < 1:
            raise UserError(f"`batch` must be at least 1. Got {rows}.")
        return BatchSize(rows)
    device = current_device()
    key = f"{device.name} | {identity}"
    cached = None if batch_size_cache is None else batch_size_cache.get(key)
    most = CPU_ROWS if device.is_cpu else GPU_ROWS
    if type(cached) is not int or not 1 <= cached <= most:  # a file may hold anything
        cached = count_fitting_rows(floats_per_row, device)
    return BatchSize(cached, batch_size_cache=batch_size_cache, key=key)


def choose_foreign_batch_size(
    fixed: int | None,
    side: int,
    identity: str,
    batch_size_cache: MutableMapping[str, Any] | None = None,
    rows: int | None = None,
    measured: int = 0,
) -> BatchSize:
    """Choose the batch size of another project's network, whose file may say it.

    How wide its layers are is not known; `ASSUMED_MAPS` at full resolution are taken, unless a row was
    measured to take far more.

    Parameters
    ----------
    fixed : int or None, rows that its file says; None where it takes any number
    side : int, pixels per side of its images
    identity, batch_size_cache, rows : as for `choose_batch_size`
    measured : int, memory that a row was measured to take, in float32 numbers; 0 where that is unknown
    """
    if fixed is not None:
        return BatchSize(fixed, least=fixed)
    floats = ASSUMED_MAPS * side**2
    if measured > MUCH_MORE * LIVE_ACTIVATIONS * floats:  # below that it is the noise of a measurement
        floats = measured // LIVE_ACTIVATIONS
    return choose_batch_size(floats, identity, batch_size_cache, rows)


def count_fitting_rows(floats_per_row: int, device: Device) -> int:
    """The largest power of two of rows whose activations take no more than a share of the free memory.

    Parameters
    ----------
    floats_per_row : int, size of the network's largest activation; some `LIVE_ACTIVATIONS` of these are in
        memory at once
    device : Device
    """
    if device.is_cpu:
        free = CPU_BYTES if device.free_bytes is None else device.free_bytes * CPU_SHARE
        most, share = CPU_ROWS, min(CPU_BYTES, free)
    else:
        most = GPU_ROWS
        share = DEFAULT_GPU_BYTES if device.free_bytes is None else device.free_bytes * GPU_SHARE
    fitting = int(share) // (LIVE_ACTIVATIONS * 4 * floats_per_row)
    rows = max(1, min(most, MAX_ACTIVATION_FLOATS // floats_per_row, fitting))
    return 1 << (rows.bit_length() - 1)
