"""Arrays of images: shrink them by area, and find their principal components."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlgan.array_types import Float32s
from tlgan.errors import UserError


def shrink_by_area(images: NDArray[Any], resolution: int) -> NDArray[Any]:
    """Shrink images to a resolution that divides theirs: each pixel is the mean of a block.

    Parameters
    ----------
    images : uint8 or float array, shape (n, R, R, channels)
    resolution : int
        Pixels per side afterwards; divides R.

    Returns
    -------
    array, shape (n, resolution, resolution, channels)
        Of the type of `images`. Means of uint8 images are taken in float32 and rounded, halves up;
        `images` itself where nothing is to be shrunk.

    Raises
    ------
    UserError
        For a resolution that does not divide that of the images.

    Examples
    --------
    >>> import numpy as np
    >>> from tlgan.images import shrink_by_area
    >>> shrink_by_area(np.arange(16, dtype=np.uint8).reshape(1, 4, 4, 1), 2)[0, :, :, 0].tolist()
    [[3, 5], [11, 13]]
    """
    size = images.shape[1]
    if not 0 < resolution <= size or size % resolution:
        raise UserError(f"`resolution` must divide that of the images ({size}). Got {resolution}.")
    factor = size // resolution
    if factor == 1:
        return images
    blocks = images.reshape(len(images), resolution, factor, resolution, factor, -1)
    if images.dtype != np.uint8:
        means: NDArray[Any] = blocks.mean(axis=(2, 4))
        return means
    rounded: NDArray[np.uint8] = np.floor(blocks.mean(axis=(2, 4), dtype=np.float32) + 0.5).astype(np.uint8)
    return rounded


COMPONENT_SIDE = 16  # pixels per side that components are found in, at most
BLOCK_ROWS = 2048


def principal_components(images: Any, count: int) -> Float32s:
    """Coordinates of images along the directions in which they vary most, each of mean 0 and deviation 1.

    Parameters
    ----------
    images : uint8 array or HDF5 dataset, shape (n, R, R, channels)
        Read in blocks, and shrunk by area to at most 16 pixels per side.
    count : int
        Components at most; fewer where the images do not vary in so many directions.

    Returns
    -------
    float32 array, shape (n, n_components)
        The first component varies most.

    Examples
    --------
    >>> import numpy as np
    >>> from tlgan.images import principal_components
    >>> grey = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.full((1, 2, 2, 3), 10, np.uint8)
    >>> principal_components(grey, 4).shape
    (5, 1)
    """
    n, size = images.shape[:2]
    side = max(divisor for divisor in range(1, COMPONENT_SIDE + 1) if size % divisor == 0)
    small = np.concatenate(
        [
            shrink_by_area(np.asarray(images[start : start + BLOCK_ROWS]), side).reshape(
                -1, side * side * images.shape[3]
            )
            for start in range(0, n, BLOCK_ROWS)
        ]
    ).astype(np.float32)
    small -= small.mean(axis=0)
    values, vectors = np.linalg.eigh(small.T.astype(np.float64) @ small / n)
    largest = np.argsort(-values)[:count]
    largest = largest[values[largest] > 1e-6 * max(values[-1], 1e-12)]
    coordinates: Float32s = small @ (vectors[:, largest] / np.sqrt(values[largest])).astype(np.float32)
    return coordinates
