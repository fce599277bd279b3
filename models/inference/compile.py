"""Networks as plain functions of numpy arrays, compiled once for one batch size."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import numpy as np
from keras import ops

from models.inference.batch_size import Batch


def compile_forward(function: Callable, batch: int | Batch) -> Callable:
    """`function` of a tensor batch, as a function of numpy arrays with any number of rows.

    Parameters
    ----------
    function : callable, one tensor (batch, …) to a tensor or a list of tensors with the same rows
    batch : int or Batch, rows that go through at a time

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


def in_batches(run: Callable[[np.ndarray], Sequence[np.ndarray]], batch: int | Batch) -> Callable:
    """`run`, which takes `batch` rows, as a function of any number of rows.

    The last batch is filled up, so that whatever runs compiles once and a row's result does not
    depend on how many rows came with it. A batch that memory has no room for is halved and run again.

    Returns
    -------
    callable, numpy (n, …) to one numpy array, or a tuple of them, with n rows
    """
    batch = Batch(batch) if isinstance(batch, int) else batch

    def forward(rows: np.ndarray):
        if not len(rows):  # one filled batch tells the shape of an empty result
            return _take(forward(np.zeros((1, *rows.shape[1:]), rows.dtype)), 0)
        parts, start = [], 0
        while start < len(rows):
            size = batch.rows
            part = rows[start : start + size]
            try:
                outputs = run(np.concatenate([part, np.repeat(part[-1:], size - len(part), axis=0)]))
            except Exception as error:
                if not batch.make_smaller(error):
                    raise
                continue  # here what the failed run held is free again
            batch.went_through()
            parts.append([output[: len(part)] for output in outputs])
            start += len(part)
        joined = tuple(np.concatenate(column) for column in zip(*parts, strict=True))
        return joined[0] if len(joined) == 1 else joined

    return forward


def _take(outputs, count):
    return tuple(output[:count] for output in outputs) if isinstance(outputs, tuple) else outputs[:count]


def _compile(function):
    backend = keras.backend.backend()
    if backend == "tensorflow":
        return _tensorflow_frozen(function)
    if backend == "jax":
        import jax

        return jax.jit(function)
    import torch

    return torch.no_grad()(function)


def _tensorflow_frozen(function):
    """A graph for each shape, in which weights are constants, as JAX has them: TensorFlow folds and fuses these."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    traced = tf.function(function, autograph=False)
    frozen = {}

    def run(rows):
        kind = rows.shape, rows.dtype
        if kind not in frozen:
            graph = traced.get_concrete_function(tf.TensorSpec(*kind))
            frozen[kind] = convert_variables_to_constants_v2(graph)
        return frozen[kind](rows)

    return run


def to_bytes(images):
    """Images of about [-1, 1] to whole numbers 0 to 255 as float32; what lies outside is clipped."""
    return ops.clip(ops.floor(images * 127.5 + 128.0), 0.0, 255.0)
