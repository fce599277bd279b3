"""Arrays of images: shrink them by area."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

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
