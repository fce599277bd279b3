"""The view: which part of a picture a labeller sees, and how large; shrunk by area, never by stride."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from keras import ops

from models.inference.compile import compile_forward
from tlgan.errors import UserError

BATCH = 8  # pictures per step: 8 of 1024×1024 are 100 MB as float32


@dataclass(frozen=True)
class View:
    """A square part of a square picture, and its size for those who look at it.

    Attributes
    ----------
    size : int, pixels per side of what is seen
    left, top : float in [0, 1), corner of the part, in sides of the picture
    side : float in (0, 1], side of the part, in sides of the picture
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


def look(images, view: View):
    """Cut out and shrink by area: each pixel seen is the mean of the picture below it.

    Pixels of the picture that lie partly below count for the part. Where the view is finer than
    the picture, the same rule repeats pixels.

    Input shape: (n, r, r, channels), float32. Output shape: (n, size, size, channels).
    """
    n_pixels = images.shape[1]
    rows, columns = (_edges(corner, view, n_pixels) for corner in (view.top, view.left))
    if _are_whole(rows) and _are_whole(columns):  # equal blocks of whole pixels: a plain mean
        images = images[:, round(rows[0]) : round(rows[-1]), round(columns[0]) : round(columns[-1])]
        block = images.shape[1] // view.size
        return ops.average_pool(images, block, strides=block, padding="valid", data_format="channels_last")
    rows, row_weights = _area_weights(rows, n_pixels)
    columns, column_weights = _area_weights(columns, n_pixels)
    images = ops.einsum("ya,nabc->nybc", row_weights, images[:, rows, columns])
    return ops.einsum("xb,nybc->nyxc", column_weights, images)


def shrink(images, size: int):
    """Shrink whole pictures by area to `size` pixels per side; see `look`."""
    return look(images, View(size))


def compile_view(view: View) -> Callable[[np.ndarray], np.ndarray]:
    """`look` for numpy pictures: uint8 (n, r, r, channels) to uint8 (n, size, size, channels), rounded."""

    def seen(images):
        return ops.floor(look(ops.cast(images, "float32"), view) + 0.5)

    forward = compile_forward(seen, BATCH)
    return lambda images: forward(images).astype(np.uint8)


def celebahq_view(
    eyes: Sequence[Sequence[float]], mouth: Sequence[Sequence[float]], crop: Sequence[float], size: int
) -> View:
    """The part of a CelebA-HQ picture that shows what a crop of an upright face photograph shows.

    Source: Karras et al. 2018 (arXiv 1710.10196), appendix C: with eyes e0, e1 and mouth corners m0,
    m1, x' = e1 - e0 and y' = (e0 + e1)/2 - (m0 + m1)/2, the picture is the square of side
    max(4.0 |x'|, 3.6 |y'|) around (e0 + e1)/2 - 0.1 y'.

    Parameters
    ----------
    eyes, mouth : two points (x, y) each, pixels of the photograph; the eyes lie on one level
    crop : (left, top, side), pixels of the photograph
    size : int, pixels per side of what is seen
    """
    eyes, mouth = np.asarray(eyes, float), np.asarray(mouth, float)
    if not math.isclose(eyes[0, 1], eyes[1, 1], abs_tol=1e-6):
        raise UserError(
            f"`eyes` must lie on one level, as aligned photographs have them. Got {eyes.tolist()}."
        )
    across, up = eyes[1] - eyes[0], eyes.mean(axis=0) - mouth.mean(axis=0)
    frame_side = max(4.0 * np.linalg.norm(across), 3.6 * np.linalg.norm(up))
    corner = eyes.mean(axis=0) - 0.1 * up - frame_side / 2
    left, top = (np.asarray(crop[:2], float) - corner) / frame_side
    return View(size, float(left), float(top), float(crop[2] / frame_side))


def _edges(corner, view, n_pixels):
    """Where the pixels seen begin and end, in pixels of the picture: size + 1 numbers."""
    return corner * n_pixels + view.side * n_pixels / view.size * np.arange(view.size + 1)


def _are_whole(edges):
    return np.abs(edges - edges.round()).max() < 1e-6 and edges[1] - edges[0] > 0.5


def _area_weights(edges, n_pixels):
    """The slice of pixels that lie between the edges, and each one's share of each pixel seen."""
    touched = slice(int(np.floor(edges[0] + 1e-9)), min(int(np.ceil(edges[-1] - 1e-9)), n_pixels))
    pixels = np.arange(touched.start, touched.stop)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    shares = np.clip(overlap, 0.0, None)
    return touched, (shares / shares.sum(axis=1, keepdims=True)).astype("float32")
