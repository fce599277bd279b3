"""How near images come to the images that they reproduce, one number for each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tlgan.array_types import Floats
from tlgan.errors import UserError

PEAK = 255.0
# Of Wang et al. 2004: deviation and radius of the Gaussian window, and K1, K2.
WINDOW, RADIUS, K1, K2 = 1.5, 5, 0.01, 0.03
LEAST_SIDE = 2 * RADIUS + 1  # pixels: one whole window
LUMINANCE = (0.299, 0.587, 0.114)  # of red, green and blue, ITU-R BT.601


def signal_to_noise(images: NDArray[Any], reproduced: NDArray[Any]) -> Floats:
    """Peak signal-to-noise ratio of each image, in decibels: 10 log10(255² / mean squared error).

    Parameters
    ----------
    images, reproduced : uint8 arrays, shape (n, h, w, 3)

    Returns
    -------
    float64 array, shape (n,)
        Infinite where an image is reproduced exactly.

    Examples
    --------
    >>> import numpy as np
    >>> from tlgan.evaluation.image_quality import signal_to_noise
    >>> black = np.zeros((1, 8, 8, 3), "uint8")
    >>> [round(float(value), 2) for value in signal_to_noise(black, black + 255)]
    [0.0]
    """
    first, second = _pair(images, reproduced)
    errors = np.mean((first - second) ** 2, axis=(1, 2, 3))
    with np.errstate(divide="ignore"):
        ratios: Floats = 10 * np.log10(PEAK**2 / errors)
    return ratios


def structural_similarity(images: NDArray[Any], reproduced: NDArray[Any]) -> Floats:
    """Structural similarity of the luminance of each image, at most 1, which equal images have.

    Wang, Bovik, Sheikh, Simoncelli 2004, "Image quality assessment: from error visibility to structural
    similarity", equation 13: the mean over the picture, in Gaussian windows of deviation 1.5 pixels, 11 wide.

    Parameters
    ----------
    images, reproduced : uint8 arrays, shape (n, h, w, 3), at least 11 pixels per side

    Returns
    -------
    float64 array, shape (n,)
    """
    first, second = (rows @ LUMINANCE for rows in _pair(images, reproduced))
    if min(first.shape[1:]) < LEAST_SIDE:
        raise UserError(f"`images` must be at least {LEAST_SIDE} pixels per side. Got {first.shape[1:]}.")
    mean_first, mean_second = _smooth(first), _smooth(second)
    variance_first = _smooth(first**2) - mean_first**2
    variance_second = _smooth(second**2) - mean_second**2
    covariance = _smooth(first * second) - mean_first * mean_second
    c1, c2 = (K1 * PEAK) ** 2, (K2 * PEAK) ** 2
    similarity = ((2 * mean_first * mean_second + c1) * (2 * covariance + c2)) / (
        (mean_first**2 + mean_second**2 + c1) * (variance_first + variance_second + c2)
    )
    inside = slice(RADIUS, -RADIUS)  # whole windows alone
    means: Floats = similarity[:, inside, inside].mean(axis=(1, 2))
    return means


def _smooth(rows: Floats) -> Floats:
    smoothed: Floats = ndimage.gaussian_filter(rows, (0, WINDOW, WINDOW), truncate=RADIUS / WINDOW)
    return smoothed


def _pair(images: NDArray[Any], reproduced: NDArray[Any]) -> tuple[Floats, Floats]:
    first, second = np.asarray(images), np.asarray(reproduced)
    if first.shape != second.shape or first.ndim != 4 or first.shape[-1] != 3:
        raise UserError(
            f"`images` and `reproduced` must have one shape (n, h, w, 3). Got {first.shape} and {second.shape}."
        )
    return first.astype(np.float64), second.astype(np.float64)
