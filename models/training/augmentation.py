"""Random changes of training images against overfitting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.training.classifier import ClassifierTraining


def augment(images, training: ClassifierTraining, random: np.random.Generator, mirror: bool = True):
    """Mirror, shift, change contrast and brightness, blank a square.

    Parameters
    ----------
    images : uint8 array, shape (n, R, R, 3)
    training : ClassifierTraining; its `shift` in pixels, `jitter` as a share, `erase` as a share of the side
    random : Generator
    mirror : bool, whether half of the images are mirrored

    Returns
    -------
    float32 array, shape (n, R, R, 3), about -1 to 1
    """
    n, resolution = images.shape[:2]
    faces = images.astype("float32") / 127.5 - 1.0
    mirrored = random.random(n) < 0.5
    if mirror:
        faces[mirrored] = faces[mirrored, :, ::-1]
    if training.shift:
        padded = np.pad(faces, ((0, 0), *2 * ((training.shift, training.shift),), (0, 0)), mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, (resolution, resolution), axis=(1, 2))
        down, right = random.integers(0, 2 * training.shift + 1, (2, n))
        faces = np.ascontiguousarray(np.moveaxis(windows[np.arange(n), down, right], 1, -1))
    if training.jitter:
        contrast, brightness = random.uniform(-training.jitter, training.jitter, (2, n, 1, 1, 1)).astype(
            "float32"
        )
        faces = faces * (1 + contrast) + brightness
    if training.erase:
        side = round(training.erase * resolution)
        for face, (top, left) in zip(faces, random.integers(0, resolution - side + 1, (n, 2)), strict=True):
            face[top : top + side, left : left + side] = 0
    return faces
