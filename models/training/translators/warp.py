"""Random warps of faces, and the same faces as a similarity alone would have moved them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GRID = 5  # points per side


def warp_faces(
    faces: NDArray[np.uint8], random: np.random.Generator, strength: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Warp each face by a displaced grid, and move it by the similarity that fits the grid best.

    An autoencoder that must undo the warp learns what a face of its domain looks like, in place of copying pixels:
    the augmentation of DeepFakes (5×5 points, normal shifts). What lies outside a picture repeats its edge.

    Parameters
    ----------
    faces : uint8 array, shape (n, R, R, 3)
    random : numpy Generator
    strength : float, standard deviation of the shifts in sides of the picture; the original's is 5/256

    Returns
    -------
    warped, moved : float32 arrays, shape (n, R, R, 3), [0, 1]: what goes in, and what must come out
    """
    count, side = faces.shape[:2]
    grid = np.linspace(0, side - 1, GRID)
    places = np.tile(np.stack(np.meshgrid(grid, grid), axis=-1).reshape(1, -1, 2), (count, 1, 1))
    displaced = places + random.normal(0, strength * side, places.shape)
    weights = _linear_weights(grid, side)
    maps = np.einsum(
        "ya,nabc,xb->nyxc", weights, displaced.reshape(count, GRID, GRID, 2), weights, optimize=True
    )
    scale, offset = fit_similarities(
        places[..., 0] + 1j * places[..., 1], displaced[..., 0] + 1j * displaced[..., 1]
    )
    pixels = np.arange(side)[None, :] + 1j * np.arange(side)[:, None]
    moved = scale[:, None, None] * pixels + offset[:, None, None]
    pictures = faces.astype(np.float32) / np.float32(255)
    return (
        sample_bilinear(pictures, maps[..., 0], maps[..., 1]),
        sample_bilinear(pictures, moved.real, moved.imag),
    )


def fit_similarities(
    points: NDArray[np.complexfloating], targets: NDArray[np.complexfloating]
) -> tuple[NDArray[np.complexfloating], NDArray[np.complexfloating]]:
    """The similarities `scale * point + offset` nearest to the targets by least squares, points as x + iy.

    Parameters
    ----------
    points, targets : complex arrays, shape (n, m)

    Returns
    -------
    scale, offset : complex arrays, shape (n,)
    """
    centre, target_centre = points.mean(axis=1, keepdims=True), targets.mean(axis=1, keepdims=True)
    centred = points - centre
    scale = (centred.conj() * (targets - target_centre)).sum(axis=1) / (abs(centred) ** 2).sum(axis=1)
    return scale, target_centre[:, 0] - scale * centre[:, 0]


def sample_bilinear(
    pictures: NDArray[np.float32], x: NDArray[np.floating], y: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Read pictures at points between their pixels; outside, the nearest pixel of the edge.

    Parameters
    ----------
    pictures : float32 array, shape (n, R, R, c)
    x, y : float arrays, shape (n, h, w), in pixels, the middle of the first pixel being 0

    Returns
    -------
    float32 array, shape (n, h, w, c)
    """
    side = pictures.shape[1]
    left, right, across = _neighbours(x, side)
    top, bottom, down = _neighbours(y, side)
    rows = np.arange(len(pictures))[:, None, None]
    upper = pictures[rows, top, left] * (1 - across) + pictures[rows, top, right] * across
    lower = pictures[rows, bottom, left] * (1 - across) + pictures[rows, bottom, right] * across
    return upper * (1 - down) + lower * down


def _neighbours(places: NDArray[np.floating], side: int):
    """The pixels before and after each place, and how far it is between them."""
    inside = np.clip(places, 0, side - 1)
    before = np.minimum(inside.astype(np.intp), side - 2)
    return before, before + 1, (inside - before).astype(np.float32)[..., None]


def _linear_weights(grid: NDArray[np.floating], side: int) -> NDArray[np.floating]:
    """Weights of the points of a grid at each pixel, shape (side, points)."""
    return np.stack([np.interp(np.arange(side), grid, unit) for unit in np.eye(len(grid))], axis=1)
