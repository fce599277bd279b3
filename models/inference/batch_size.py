"""How many rows go through a network at a time: from memory, remembered, fewer where they do not fit."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from models.inference.device import Device, current_device, is_out_of_memory
from tlgan.errors import UserError

ALIVE = 6  # activations of the largest size that are in memory at once, about
# More rows make no network faster on a CPU: at 64×64 a generator is slower with 128 or 256 than with 64 on
# TensorFlow, JAX and PyTorch.
CPU_ROWS, CPU_BYTES, CPU_SHARE = 64, 2**29, 1 / 4
GPU_ROWS, GPU_SHARE = 256, 1 / 2
UNSAID_BYTES = 2**32  # taken for a GPU's share where its backend does not say what is free
MOST_FLOATS = 2**30  # in one activation; many kernels count in 32 bits


class Batch:
    """Rows that go through a network at a time.

    Parameters
    ----------
    rows : int, to begin with
    least : int, fewer than these are never taken
    remembered : mapping, where the number of rows that went through is written under `key`; None: nowhere
    """

    def __init__(
        self, rows: int, *, least: int = 1, remembered: MutableMapping[str, Any] | None = None, key: str = ""
    ) -> None:
        self.rows = rows
        self._least, self._remembered, self._key = least, remembered, key
        self._noted = None if remembered is None else remembered.get(key)

    def keep(self, rows: int) -> None:
        """From now on take so many rows where the network can, and remember nothing of it."""
        self.rows, self._remembered = max(rows, self._least), None

    def went_through(self) -> None:
        """Remember the number of rows, which a device has just managed."""
        if self._remembered is not None and self._noted != self.rows:
            self._remembered[self._key] = self._noted = self.rows

    def make_smaller(self, error: Exception) -> bool:
        """Halve the rows if `error` says that they were too many; whether it did.

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


def choose_batch(
    floats_per_row: int,
    identity: str,
    remembered: MutableMapping[str, Any] | None = None,
    rows: int | None = None,
) -> Batch:
    """The batch of a network on the device that Keras computes on.

    A number once remembered is taken again, whatever memory is free today, for results may differ in
    the last bit from one batch size to another.

    Parameters
    ----------
    floats_per_row : int, size of the network's largest activation
    identity : str, of the network and of what it computes
    remembered : mapping of str to int or None, what earlier runs found and later ones shall find
    rows : int or None, a number of rows that is wanted in any case; not remembered
    """
    if rows is not None:
        if rows < 1:
            raise UserError(f"`batch` must be at least 1. Got {rows}.")
        return Batch(rows)
    device = current_device()
    key = f"{device.name} | {identity}"
    known = None if remembered is None else remembered.get(key)
    most = CPU_ROWS if device.is_cpu else GPU_ROWS
    if type(known) is not int or not 1 <= known <= most:  # a file may hold anything
        known = rows_that_fit(floats_per_row, device)
    return Batch(known, remembered=remembered, key=key)


def choose_foreign_batch(
    fixed: int | None,
    side: int,
    identity: str,
    remembered: MutableMapping[str, Any] | None = None,
    rows: int | None = None,
) -> Batch:
    """The batch of another project's network, which may take a `fixed` number of rows alone.

    How wide its layers are is not known; sixteen maps is what the published generator ends with.

    Parameters
    ----------
    side : int, pixels per side of its pictures
    """
    if fixed is not None:
        return Batch(fixed, least=fixed)
    return choose_batch(16 * side**2, identity, remembered, rows)


def rows_that_fit(floats_per_row: int, device: Device) -> int:
    """A power of two, so that a network's activations take a share of the free memory at most.

    Parameters
    ----------
    floats_per_row : int, size of the network's largest activation; some `ALIVE` are in memory at once
    """
    if device.is_cpu:
        free = CPU_BYTES if device.free_bytes is None else device.free_bytes * CPU_SHARE
        most, share = CPU_ROWS, min(CPU_BYTES, free)
    else:
        most = GPU_ROWS
        share = UNSAID_BYTES if device.free_bytes is None else device.free_bytes * GPU_SHARE
    rows = max(1, min(most, MOST_FLOATS // floats_per_row, int(share) // (ALIVE * 4 * floats_per_row)))
    return 1 << (rows.bit_length() - 1)
