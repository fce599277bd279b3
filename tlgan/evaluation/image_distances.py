"""Distances between two sets of images: sliced Wasserstein on Laplacian pyramids, and Fréchet."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, ndimage

from tlgan.array_types import Float32s
from tlgan.errors import UserError

SMALLEST_LEVEL = 16
PATCH = 7
# The 5-tap binomial filter of Burt and Adelson's pyramid.
_TAPS = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0


def laplacian_pyramid(images: NDArray[Any]) -> list[Float32s]:
    """Band-pass levels of images, finest first, down to 16 pixels.

    Parameters
    ----------
    images : uint8 or float array, shape (n, R, R, channels), R a power of two of at least 16

    Returns
    -------
    list of float32 arrays, shapes (n, R, R, c), (n, R/2, R/2, c), …; the last is the low-pass rest

    Source: Burt and Adelson 1983, "The Laplacian pyramid as a compact image code".
    """
    level = np.asarray(images, dtype=np.float32)
    pyramid = []
    while level.shape[1] > SMALLEST_LEVEL:
        smaller = _smooth(level)[:, ::2, ::2]
        back = np.zeros_like(level)
        back[:, ::2, ::2] = smaller
        pyramid.append(level - _smooth(back) * 4.0)
        level = smaller
    return [*pyramid, level]


def _smooth(images: Float32s) -> Float32s:
    smoothed = images
    for axis in (1, 2):
        smoothed = ndimage.correlate1d(smoothed, _TAPS, axis=axis, mode="mirror")
    return smoothed


def sliced_wasserstein(
    real: NDArray[Any], drawn: NDArray[Any], *, patches: int = 64, directions: int = 512, seed: int = 0
) -> dict[int, float]:
    """Sliced Wasserstein distance of 7×7 patches at each level of the Laplacian pyramid, times 1000.

    Patches are standardised per channel with the mean and deviation of each set, as published.

    Parameters
    ----------
    real, drawn : uint8 arrays, shape (n, R, R, 3), equally many images
    patches : int, drawn at random from each image and level
    directions : int, random projections

    Returns
    -------
    dict, pixels per side of a level to the distance; smaller is nearer

    Source: Karras et al. 2018 (arXiv 1710.10196), section 5; Rabin et al. 2011.
    """
    if real.shape != drawn.shape:
        raise UserError(f"`drawn` must have the shape of `real` {real.shape}. Got {drawn.shape}.")
    if real.ndim != 4 or not len(real) or min(real.shape[1:3]) < PATCH:
        raise UserError(
            f"`real` must be images (n, R, R, 3) of at least {PATCH} pixels per side. Got {real.shape}."
        )
    distances = {}
    for first, second in zip(laplacian_pyramid(real), laplacian_pyramid(drawn), strict=True):
        random = np.random.default_rng(seed)
        one = _descriptors(first, patches, random)
        other = _descriptors(second, patches, random)
        axes = random.standard_normal((one.shape[1], directions)).astype(np.float32)
        axes /= np.linalg.norm(axes, axis=0)
        gaps = [
            np.abs(np.sort(one @ part, axis=0) - np.sort(other @ part, axis=0)).mean()
            for part in np.array_split(axes, max(1, directions // 32), axis=1)
        ]
        distances[first.shape[1]] = float(np.mean(gaps) * 1000)
    return distances


def _descriptors(level: Float32s, patches: int, random: np.random.Generator) -> Float32s:
    """Random patches as standardised rows, shape (n · patches, 7 · 7 · channels)."""
    n, size, _, channels = level.shape
    windows = np.lib.stride_tricks.sliding_window_view(level, (PATCH, PATCH), axis=(1, 2))
    rows, columns = random.integers(0, size - PATCH + 1, (2, n, patches))
    taken = windows[np.arange(n)[:, None], rows, columns]  # (n, patches, channels, 7, 7)
    mean = taken.mean(axis=(0, 1, 3, 4), keepdims=True)
    deviation = np.maximum(taken.std(axis=(0, 1, 3, 4), keepdims=True), 1e-8)
    standard: Float32s = ((taken - mean) / deviation).reshape(n * patches, channels * PATCH * PATCH)
    return standard


def frechet_distance(real: NDArray[Any], drawn: NDArray[Any]) -> float:
    """Fréchet distance between Gaussians fitted to two sets of features.

    |m₁ − m₂|² + tr(C₁ + C₂ − 2 (C₁ C₂)^½), Dowson and Landau 1982; used on network features by
    Heusel et al. 2017 (arXiv 1706.08500), equation 6. Depends on the features and, for few rows, on
    their number: compare only values from the same features and equally many rows.

    Parameters
    ----------
    real, drawn : float arrays, shape (n, n_features), (m, n_features), at least two rows each
    """
    real, drawn = np.asarray(real, np.float64), np.asarray(drawn, np.float64)
    if real.ndim != 2 or drawn.ndim != 2 or real.shape[1] != drawn.shape[1]:
        raise UserError(f"`drawn` must have the columns of `real` {real.shape}. Got {drawn.shape}.")
    if min(len(real), len(drawn)) < 2:
        raise UserError(f"`real` and `drawn` must have at least 2 rows. Got {len(real)} and {len(drawn)}.")
    gap = real.mean(axis=0) - drawn.mean(axis=0)
    first, second = (np.atleast_2d(np.cov(features, rowvar=False)) for features in (real, drawn))
    # tr (C1 C2)^½ = Σ √λ(C1^½ C2 C1^½): symmetric, so real even where the covariances are singular.
    values, vectors = linalg.eigh(first)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    shared = np.sqrt(np.maximum(linalg.eigvalsh(root @ second @ root), 0)).sum()
    return float(gap @ gap + np.trace(first) + np.trace(second) - 2 * shared)
