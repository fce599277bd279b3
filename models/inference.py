"""Networks as plain functions of numpy arrays, compiled once for one batch size."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from keras import ops


def compile_forward(function: Callable, batch: int) -> Callable:
    """`function` of a tensor batch, as a function of numpy arrays with any number of rows.

    Rows go through in batches of `batch`; the last batch is filled up, so that the backend
    compiles once and a row's result does not depend on how many rows came with it.

    Parameters
    ----------
    function : callable, one tensor (batch, …) to a tensor or a list of tensors with the same rows

    Returns
    -------
    callable, numpy (n, …) to one numpy array, or a tuple of them, with n rows
    """
    compiled = _compile(function)

    def forward(rows: np.ndarray):
        if not len(rows):  # one filled batch tells the shape of an empty result
            return _take(forward(np.zeros((1, *rows.shape[1:]), rows.dtype)), 0)
        parts = []
        for start in range(0, len(rows), batch):
            part = rows[start : start + batch]
            filled = np.concatenate([part, np.repeat(part[-1:], batch - len(part), axis=0)])
            outputs = compiled(ops.convert_to_tensor(filled))
            outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
            parts.append([ops.convert_to_numpy(output)[: len(part)] for output in outputs])
        joined = tuple(np.concatenate(column) for column in zip(*parts, strict=True))
        return joined[0] if len(joined) == 1 else joined

    return forward


def _take(outputs, count):
    return tuple(output[:count] for output in outputs) if isinstance(outputs, tuple) else outputs[:count]


def _compile(function):
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function)
    if backend == "jax":
        import jax

        return jax.jit(function)
    import torch

    return torch.no_grad()(function)


def to_bytes(images):
    """Images of about [-1, 1] to whole numbers 0 to 255 as float32; what lies outside is clipped."""
    return ops.clip(ops.floor(images * 127.5 + 128.0), 0.0, 255.0)
