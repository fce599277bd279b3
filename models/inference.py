"""Networks as plain functions of numpy arrays, compiled once for one batch size."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import numpy as np
from keras import ops

ACTIVATION_BYTES = 2**29  # what the activations of one batch may take, about
MOST_ROWS = 64  # more rows per batch make no network faster


def batch_size(floats_per_row: int) -> int:
    """Rows per batch, so that a network's memory stays near `ACTIVATION_BYTES` whatever its size.

    Parameters
    ----------
    floats_per_row : int, size of the network's largest activation; some six of them are alive at once
    """
    return max(1, min(MOST_ROWS, ACTIVATION_BYTES // (6 * 4 * floats_per_row)))


def compile_forward(function: Callable, batch: int) -> Callable:
    """`function` of a tensor batch, as a function of numpy arrays with any number of rows.

    Parameters
    ----------
    function : callable, one tensor (batch, …) to a tensor or a list of tensors with the same rows
    batch : int, rows that go through at a time

    Returns
    -------
    callable, numpy (n, …) to one numpy array, or a tuple of them, with n rows
    """
    return in_batches(compile_run(function), batch)


def compile_run(function: Callable) -> Callable[[np.ndarray], list[np.ndarray]]:
    """`function` of a tensor batch, compiled, as a function of one numpy array to a list of them."""
    compiled = _compile(function)

    def run(rows: np.ndarray) -> list[np.ndarray]:
        outputs = compiled(ops.convert_to_tensor(rows))
        outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
        return [ops.convert_to_numpy(output) for output in outputs]

    return run


def in_batches(run: Callable[[np.ndarray], Sequence[np.ndarray]], batch: int) -> Callable:
    """`run`, which takes `batch` rows, as a function of any number of rows.

    The last batch is filled up, so that whatever runs compiles once and a row's result does not
    depend on how many rows came with it.

    Returns
    -------
    callable, numpy (n, …) to one numpy array, or a tuple of them, with n rows
    """

    def forward(rows: np.ndarray):
        if not len(rows):  # one filled batch tells the shape of an empty result
            return _take(forward(np.zeros((1, *rows.shape[1:]), rows.dtype)), 0)
        parts = []
        for start in range(0, len(rows), batch):
            part = rows[start : start + batch]
            filled = np.concatenate([part, np.repeat(part[-1:], batch - len(part), axis=0)])
            parts.append([output[: len(part)] for output in run(filled)])
        joined = tuple(np.concatenate(column) for column in zip(*parts, strict=True))
        return joined[0] if len(joined) == 1 else joined

    return forward


def _take(outputs, count):
    return tuple(output[:count] for output in outputs) if isinstance(outputs, tuple) else outputs[:count]


def _compile(function):
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function, autograph=False)
    if backend == "jax":
        import jax

        return jax.jit(function)
    import torch

    return torch.no_grad()(function)


def to_bytes(images):
    """Images of about [-1, 1] to whole numbers 0 to 255 as float32; what lies outside is clipped."""
    return ops.clip(ops.floor(images * 127.5 + 128.0), 0.0, 255.0)
