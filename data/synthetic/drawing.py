"""Draw portraits from factors, layer by layer from back to front."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.synthetic import features, head
from data.synthetic.canvas import Array, Canvas
from data.synthetic.face_parameters import FaceParameters

# Half the width of what a picture shows, in the units of the canvas.
_EXTENT = 0.86
# Small batches stay in the processor's cache.
_BATCH = 32


def draw_portraits(factors: NDArray[np.floating], resolution: int = 64) -> NDArray[np.uint8]:
    """Draw portraits, many at a time.

    Every factor changes the picture smoothly and monotonically, and levels off beyond about -2 and +2.

    Parameters
    ----------
    factors : float array, shape (N, 20)
        One column per name in `FACTORS`, in units of a standard deviation around 0.
    resolution : int
        Side of the pictures in pixels, at least 8.

    Returns
    -------
    uint8 array, shape (N, resolution, resolution, 3)
    """
    pictures = np.empty((len(factors), resolution, resolution, 3), dtype=np.uint8)
    for start in range(0, len(factors), _BATCH):
        batch = np.asarray(factors[start : start + _BATCH], dtype=np.float32)
        pictures[start : start + _BATCH] = np.moveaxis(_draw(batch, resolution), 0, -1)
    return pictures


def _draw(factors: Array, resolution: int) -> NDArray[np.uint8]:
    face = FaceParameters.from_factors(factors)
    canvas = Canvas.blank(len(factors), resolution, _EXTENT)
    strands = head.strand_brightness(canvas, face)
    head.paint_backdrop(canvas, face)
    head.paint_hair_behind(canvas, face)
    head.paint_body(canvas, face)
    head.paint_face(canvas, face)
    head.paint_age_lines(canvas, face)
    head.paint_beard(canvas, face)
    features.draw_nose(canvas.window(-0.4, -0.2, 0.4, 0.4), face)
    features.draw_mouth(canvas.window(-0.42, 0.2, 0.42, 0.68), face)
    for side in (-1, 1):
        part = canvas.window(side * 0.2 - 0.38, -0.36, side * 0.2 + 0.38, 0.2)
        features.draw_eye(part, face, side)
        features.draw_brow(part, face, side)
    head.paint_hair_in_front(canvas, face, strands)
    features.draw_glasses(canvas.window(-0.75, -0.3, 0.75, 0.3), face)
    head.apply_light(canvas, face)
    planes = canvas.planes
    np.clip(planes, 0, 1, out=planes)
    planes *= 255
    planes += 0.5
    return planes.astype(np.uint8)
