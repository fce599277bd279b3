"""Crops: which part of an image a labeller reads, shrunk by area to the labeller's size, never by stride."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from keras import ops

from models.inference.compile import compile_forward
from tlgan.errors import UserError

BATCH = 8  # images at a time: 8 of 1024×1024 are 100 MB as float32


@dataclass(frozen=True)
class CropWindow:
    """A square part of a square image, and the size to which it is shrunk.

    Attributes
    ----------
    size : int, pixels per side of the result
    left, top : float in [0, 1), corner of the part, in sides of the image
    side : float in (0, 1], side of the part, in sides of the image

    Example
    -------
    >>> CropWindow(64, left=0.25, top=0.25, side=0.5)  # the middle of an image, as 64×64 pixels
    CropWindow(size=64, left=0.25, top=0.25, side=0.5)
    """

    size: int
    left: float = 0.0
    top: float = 0.0
    side: float = 1.0

    def __post_init__(self) -> None:
        if self.size < 1:
            raise UserError(f"`size` must be at least 1. Got {self.size}.")
        if not 0 < self.side <= 1:
            raise UserError(f"`side` must be above 0 and at most 1. Got {self.side}.")
        for name, corner in (("left", self.left), ("top", self.top)):
            # A part that ends at the border may do so within rounding.
            if not 0 <= corner <= 1 - self.side + 1e-6:
                raise UserError(
                    f"`{name}` + `side` must lie in the picture, 0 to 1. Got {corner} + {self.side}."
                )


def crop_images(images, window: CropWindow):
    """Cut a part out of images and shrink it by area.

    Each pixel of the result is the mean of the area below it; pixels of the image that lie partly below
    count by that part. Where the window is finer than the image, the same rule repeats pixels.

    Input shape: (n, r, r, channels), float32. Output shape: (n, size, size, channels).
    """
    n_pixels = images.shape[1]
    rows, columns = (_pixel_edges(corner, window, n_pixels) for corner in (window.top, window.left))
    if _are_whole(rows) and _are_whole(columns):  # equal blocks of whole pixels: a plain mean
        images = images[:, round(rows[0]) : round(rows[-1]), round(columns[0]) : round(columns[-1])]
        block = images.shape[1] // window.size
        return ops.average_pool(images, block, strides=block, padding="valid", data_format="channels_last")
    touched_rows, row_weights = _area_weights(rows, n_pixels)
    touched_columns, column_weights = _area_weights(columns, n_pixels)
    images = ops.einsum("ya,nabc->nybc", row_weights, images[:, touched_rows, touched_columns])
    return ops.einsum("xb,nybc->nyxc", column_weights, images)


def shrink(images, size: int):
    """Shrink whole images by area to `size` pixels per side; see `crop_images`."""
    return crop_images(images, CropWindow(size))


def compile_crop(window: CropWindow) -> Callable[[np.ndarray], np.ndarray]:
    """Compile `crop_images` for bytes: uint8 (n, r, r, channels) to uint8 (n, size, size, channels), rounded."""

    def crop_and_round(images):
        return ops.floor(crop_images(ops.cast(images, "float32"), window) + 0.5)

    forward = compile_forward(crop_and_round, BATCH)
    return lambda images: forward(images).astype(np.uint8)


def celebahq_crop(
    eyes: Sequence[Sequence[float]], mouth: Sequence[Sequence[float]], crop: Sequence[float], size: int
) -> CropWindow:
    """Find the part of a CelebA-HQ image that shows the same as a crop of an upright face photograph.

    Source: Karras et al. 2018 (arXiv 1710.10196), appendix C: with eyes e0, e1 and mouth corners m0,
    m1, x' = e1 - e0 and y' = (e0 + e1)/2 - (m0 + m1)/2, the image is the square of side
    max(4.0 |x'|, 3.6 |y'|) around (e0 + e1)/2 - 0.1 y'.

    Parameters
    ----------
    eyes, mouth : two points (x, y) each, pixels of the photograph; the eyes lie on one level
    crop : (left, top, side), pixels of the photograph
    size : int, pixels per side of the result
    """
    eye_points, mouth_points = np.asarray(eyes, float), np.asarray(mouth, float)
    if not math.isclose(eye_points[0, 1], eye_points[1, 1], abs_tol=1e-6):
        raise UserError(
            f"`eyes` must lie on one level, as aligned photographs have them. Got {eye_points.tolist()}."
        )
    across = eye_points[1] - eye_points[0]
    up = eye_points.mean(axis=0) - mouth_points.mean(axis=0)
    frame_side = max(4.0 * np.linalg.norm(across), 3.6 * np.linalg.norm(up))
    corner = eye_points.mean(axis=0) - 0.1 * up - frame_side / 2
    left, top = (np.asarray(crop[:2], float) - corner) / frame_side
    return CropWindow(size, float(left), float(top), float(crop[2] / frame_side))


def _pixel_edges(corner: float, window: CropWindow, n_pixels: int) -> np.ndarray:
    """Where the pixels of the result begin and end, in pixels of the image: size + 1 numbers."""
    return corner * n_pixels + window.side * n_pixels / window.size * np.arange(window.size + 1)


def _are_whole(edges: np.ndarray) -> bool:
    return bool(np.abs(edges - edges.round()).max() < 1e-6 and edges[1] - edges[0] > 0.5)


def _area_weights(edges: np.ndarray, n_pixels: int) -> tuple[slice, np.ndarray]:
    """The slice of pixels that lie between the edges, and the share of each in each pixel of the result."""
    touched = slice(int(np.floor(edges[0] + 1e-9)), min(int(np.ceil(edges[-1] - 1e-9)), n_pixels))
    pixels = np.arange(touched.start, touched.stop)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    shares = np.clip(overlap, 0.0, None)
    return touched, (shares / shares.sum(axis=1, keepdims=True)).astype("float32")
