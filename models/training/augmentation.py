"""Random changes of training images against overfitting."""

from __future__ import annotations

import numpy as np


def augment(
    images: np.ndarray,
    random: np.random.Generator,
    *,
    shift: int = 0,
    jitter: float = 0.0,
    erase: float = 0.0,
    mirror: bool = True,
) -> np.ndarray:
    """Mirror, shift and recolour images at random, and blank a square in each.

    Parameters
    ----------
    images : uint8 array, shape (n, R, R, 3)
    random : generator of every choice
    shift : int, pixels by which an image is moved at most in each direction (edges repeated)
    jitter : float, largest relative change of contrast and, times the full range, of brightness
    erase : float, side of the blanked square as a share of the picture; 0 for none
    mirror : bool, whether half of the images are mirrored

    Returns
    -------
    float32 array, shape (n, R, R, 3), [-1, 1] before contrast and brightness change
    """
    n, resolution = images.shape[:2]
    faces = images.astype("float32") / 127.5 - 1.0
    mirrored = random.random(n) < 0.5
    if mirror:
        faces[mirrored] = faces[mirrored, :, ::-1]
    if shift:
        padded = np.pad(faces, ((0, 0), *2 * ((shift, shift),), (0, 0)), mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, (resolution, resolution), axis=(1, 2))
        down, right = random.integers(0, 2 * shift + 1, (2, n))
        faces = np.ascontiguousarray(np.moveaxis(windows[np.arange(n), down, right], 1, -1))
    if jitter:
        contrast, brightness = random.uniform(-jitter, jitter, (2, n, 1, 1, 1)).astype("float32")
        faces = faces * (1 + contrast) + brightness
    if erase:
        side = round(erase * resolution)
        for face, (top, left) in zip(faces, random.integers(0, resolution - side + 1, (n, 2)), strict=True):
            face[top : top + side, left : left + side] = 0
    return faces
