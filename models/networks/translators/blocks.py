"""Layers that the networks which change pictures share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import keras
from keras import layers, ops

from tlgan.errors import UserError

WIDEST, DEEPEST, LARGEST = 2**14, 10, 4096  # maps of a layer, layers, pixels per side


@contextmanager
def layer_precision(precision: str) -> Iterator[None]:
    """Within it, layers are built to compute in this precision.

    Parameters
    ----------
    precision : "float32", or "mixed_bfloat16": 16 bits, with float32 weights

    Example
    -------
    >>> with layer_precision("mixed_bfloat16"):
    ...     layers.Dense(3).compute_dtype
    'bfloat16'
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


class PixelShuffle(layers.Layer):
    """Double height and width by laying four maps beside each other.

    Input shape: (n, h, w, 4c). Output shape: (n, 2h, 2w, c). Source: Shi et al. 2016, arXiv 1609.05158.

    Example
    -------
    >>> PixelShuffle()(ops.zeros((2, 4, 4, 12))).shape
    TensorShape([2, 8, 8, 3])
    """

    def call(self, features):
        _, height, width, maps = features.shape
        parts = ops.reshape(features, (-1, height, width, 2, 2, maps // 4))
        return ops.reshape(ops.transpose(parts, (0, 1, 3, 2, 4, 5)), (-1, 2 * height, 2 * width, maps // 4))

    def compute_output_shape(self, input_shape):
        rows, height, width, maps = input_shape
        return (rows, 2 * height, 2 * width, maps // 4)


class AppendCondition(layers.Layer):
    """Append numbers to every pixel, as maps that are constant over a picture.

    Input shapes: (n, h, w, c) and (n, k). Output shape: (n, h, w, c + k).
    """

    def call(self, features, condition):
        rows, height, width, _ = ops.shape(features)
        maps = ops.broadcast_to(condition[:, None, None, :], (rows, height, width, condition.shape[-1]))
        return ops.concatenate([features, maps], axis=-1)

    def compute_output_shape(self, features_shape, condition_shape):
        return (*features_shape[:-1], features_shape[-1] + condition_shape[-1])


def check_size(resolution: int, **widths: Sequence[int]) -> None:
    """Refuse pictures and layers of a size that no training has.

    Parameters
    ----------
    resolution : int
    widths : sequences of int, by the names of their options

    Raises
    ------
    UserError
        Where a number is below 1 or beyond the bounds of the options.
    """
    if not 1 <= resolution <= LARGEST:
        raise UserError(f"`resolution` must be from 1 to {LARGEST}. Got {resolution}.")
    for name, numbers in widths.items():
        if not 1 <= len(numbers) <= DEEPEST or not all(1 <= width <= WIDEST for width in numbers):
            raise UserError(
                f"`{name}` must be 1 to {DEEPEST} numbers from 1 to {WIDEST}. Got {len(numbers)}, the largest "
                f"{max(numbers, default=0)}."
            )


def code_side(resolution: int, widths: Sequence[int], least: int, name: str = "widths") -> int:
    """Pixels per side of the code that is left of a picture after one halving for each width.

    Raises
    ------
    UserError
        Where the picture cannot be halved so often, or the code would be smaller than `least`.
    """
    side = resolution // 2 ** len(widths)
    if side * 2 ** len(widths) != resolution or side < least:
        raise UserError(
            f"`{name}` must halve a picture of {resolution} pixels to a code of at least {least} pixels per side. "
            f"Got {len(widths)} widths; give fewer."
        )
    return side
