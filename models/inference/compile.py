"""Networks as functions of NumPy arrays, compiled once for one batch size."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from keras import ops

from models.inference.backend import compile_function
from models.inference.batch_size import BatchSize


def compile_forward(function: Callable, batch_size: int | BatchSize) -> Callable:
    """Compile a function of tensors into a function of NumPy arrays with any number of rows.

    Parameters
    ----------
    function : callable, one tensor (batch, …) to a tensor or a list of tensors with the same rows
    batch_size : int or BatchSize, rows that go through at a time

    Returns
    -------
    callable, array (n, …) to one array, or a tuple of them, with n rows

    Example
    -------
    >>> double = compile_forward(lambda rows: rows * 2, batch_size=64)
    >>> double(np.ones((100, 3), "float32")).shape
    (100, 3)
    """
    return run_in_batches(compile_batch(function), batch_size)


def compile_batch(function: Callable) -> Callable[[np.ndarray], list[np.ndarray]]:
    """Compile a function of one tensor batch into one of a NumPy array, which gives a list of arrays."""
    compiled = compile_function(function)

    def run(rows: np.ndarray) -> list[np.ndarray]:
        outputs = compiled(ops.convert_to_tensor(rows))
        outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
        return [ops.convert_to_numpy(output) for output in outputs]

    return run


def run_in_batches(
    run: Callable[[np.ndarray], Sequence[np.ndarray]], batch_size: int | BatchSize
) -> Callable:
    """Make a function of any number of rows from `run`, which takes `batch_size` rows.

    The last batch is filled up, so that `run` compiles once and the result of a row does not depend on
    how many rows came with it. A batch that does not fit into memory is halved and run again.

    Returns
    -------
    callable, array (n, …) to one array, or a tuple of them, with n rows
    """
    size = BatchSize(batch_size) if isinstance(batch_size, int) else batch_size

    def forward(rows: np.ndarray):
        if not len(rows):  # one filled batch tells the shape of an empty result
            return _first_rows(forward(np.zeros((1, *rows.shape[1:]), rows.dtype)), 0)
        parts, start = [], 0
        while start < len(rows):
            part = rows[start : start + size.rows]
            filling = np.repeat(part[-1:], size.rows - len(part), axis=0)
            try:
                outputs = run(np.concatenate([part, filling]))
            except Exception as error:
                if not size.halve_after(error):
                    raise
                continue  # outside the handler, where the memory of the failed run is free again
            size.record_success()
            parts.append([output[: len(part)] for output in outputs])
            start += len(part)
        joined = tuple(np.concatenate(column) for column in zip(*parts, strict=True))
        return joined[0] if len(joined) == 1 else joined

    return forward


def _first_rows(outputs, count: int):
    return tuple(output[:count] for output in outputs) if isinstance(outputs, tuple) else outputs[:count]


def to_bytes(images):
    """Turn images of about [-1, 1] into whole numbers 0 to 255 as float32; what lies outside is clipped."""
    return ops.clip(ops.floor(images * 127.5 + 128.0), 0.0, 255.0)
