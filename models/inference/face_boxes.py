"""Boxes of a face detector: non-maximum suppression, regression, squares, and the cells that networks see.

Coordinates are pixels from the top left corner of the image, so that the first pixel reaches from 0 to 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float64]


def suppress_overlaps(
    boxes: Floats, scores: Floats, most: float, of_smaller: bool = False
) -> NDArray[np.intp]:
    """Choose the best of boxes that overlap (non-maximum suppression).

    Parameters
    ----------
    boxes : float array, shape (n, 4)
        Left, top, right, bottom.
    scores : float array, shape (n,)
    most : float, 0 to 1
        The largest overlap that two chosen boxes may have.
    of_smaller : bool
        Overlap as a share of the smaller box; else of the union of the two.

    Returns
    -------
    int array
        Rows of the chosen boxes, the best score first.
    """
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    order = np.argsort(-scores, kind="stable")
    chosen = []
    while len(order):
        best, order = order[0], order[1:]
        chosen.append(best)
        sides = np.minimum(boxes[best, 2:], boxes[order, 2:]) - np.maximum(boxes[best, :2], boxes[order, :2])
        shared = np.maximum(sides, 0).prod(axis=1)
        whole = np.minimum(areas[best], areas[order]) if of_smaller else areas[best] + areas[order] - shared
        order = order[shared <= most * whole]
    return np.array(chosen, dtype=np.intp)


def move_boxes(boxes: Floats, offsets: Floats) -> Floats:
    """Move the edges of boxes by offsets in widths and heights of the boxes; both of shape (n, 4)."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return boxes + offsets * np.tile(sides, 2)


def square_boxes(boxes: Floats) -> Floats:
    """Lengthen the shorter side of boxes, shape (n, 4), to the longer one, around their centres."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    return np.concatenate([centres - half, centres + half], axis=1)


def cut_cells(image: Image.Image, boxes: Floats, size: int) -> NDArray[np.uint8]:
    """Cut boxes out of an image and resize them; what lies outside the image is black.

    Parameters
    ----------
    image : PIL image, RGB
    boxes : float array, shape (n, 4)
    size : int
        Pixels per side of the result.

    Returns
    -------
    uint8 array, shape (n, size, size, 3)
    """
    cells = np.empty((len(boxes), size, size, 3), dtype=np.uint8)
    for cell, box in zip(cells, boxes, strict=True):
        # Whole pixels first, which Pillow fills up outside the image, then the part to a fraction of a pixel.
        corner = np.floor(box[:2]).astype(int)
        end = np.maximum(np.ceil(box[2:]).astype(int), corner + 1)
        part = image.crop((*corner.tolist(), *end.tolist()))
        inside = box - np.tile(corner, 2)
        cell[:] = np.asarray(part.resize((size, size), Image.Resampling.BILINEAR, box=tuple(inside.tolist())))
    return cells
