"""Augmentation of pictures that gradients pass through: colour, translation, cutout.

Zhao, Liu, Lin, Zhu, Han 2020, "Differentiable augmentation for data-efficient GAN training", arXiv
2006.10738. Photographs and drawn pictures are augmented alike before a discriminator sees them, so it
cannot learn the photographs by heart and the generator does not learn the augmentation.
"""

from __future__ import annotations

import numpy as np
from keras import ops

NUMBERS = 7  # random numbers that one picture's augmentation takes
LARGEST_SHIFT = 1 / 8
CUTOUT_SIDE = 1 / 2


def augment_differentiably(images, random_numbers):
    """Images with random colours, moved by up to an eighth of their side, with a square blanked.

    Parameters
    ----------
    images : tensor, shape (n, r, r, c), [-1, 1]
    random_numbers : tensor, shape (n, NUMBERS), uniform in [0, 1): what decides each picture's change

    Returns
    -------
    tensor, shape (n, r, r, c); what moves in from outside, and the square, is 0
    """
    return _cut_out(
        _translate(_recolour(images, random_numbers[:, :3]), random_numbers[:, 3:5]), random_numbers[:, 5:]
    )


def _recolour(images, numbers):
    """Brightness by ±0.5, saturation by a factor of 0 to 2, contrast by one of 0.5 to 1.5."""
    brightness, saturation, contrast = (ops.reshape(numbers[:, i], (-1, 1, 1, 1)) for i in range(3))
    images = images + (brightness - 0.5)
    grey = ops.mean(images, axis=3, keepdims=True)
    images = (images - grey) * (2.0 * saturation) + grey
    mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
    return (images - mean) * (contrast + 0.5) + mean


def _translate(images, numbers):
    size = images.shape[1]
    largest = max(1, round(size * LARGEST_SHIFT))
    shifts = ops.floor(numbers * (2 * largest + 1)) - largest
    # Row i of the result is row i + shift of the picture: a product with a matrix of zeros and ones.
    places = np.arange(size, dtype="float32")
    difference = ops.convert_to_tensor(places[None, None, :] - places[None, :, None])  # [0, i, j] = j - i
    down = ops.cast(ops.equal(difference, ops.reshape(shifts[:, 0], (-1, 1, 1))), images.dtype)
    right = ops.cast(ops.equal(difference, ops.reshape(shifts[:, 1], (-1, 1, 1))), images.dtype)
    _, _, width, channels = images.shape
    moved = ops.matmul(down, ops.reshape(images, (-1, size, width * channels)))
    moved = ops.transpose(ops.reshape(moved, (-1, size, width, channels)), (0, 2, 1, 3))
    moved = ops.matmul(right, ops.reshape(moved, (-1, width, size * channels)))
    return ops.transpose(ops.reshape(moved, (-1, width, size, channels)), (0, 2, 1, 3))


def _cut_out(images, numbers):
    size = images.shape[1]
    side = max(1, round(size * CUTOUT_SIDE))
    centres = ops.floor(numbers * (size + 1))
    places = ops.convert_to_tensor(np.arange(size, dtype="float32")[None])

    def inside(centre):
        offset = places - ops.reshape(centre, (-1, 1)) + side // 2
        return ops.cast(ops.logical_and(offset >= 0, offset < side), images.dtype)

    square = ops.reshape(inside(centres[:, 0]), (-1, size, 1, 1)) * ops.reshape(
        inside(centres[:, 1]), (-1, 1, size, 1)
    )
    return images * (1 - square)
