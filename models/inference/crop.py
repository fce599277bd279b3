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
# The square of CelebA's aligned photographs that the pictures of this project show: left, top, side.
CELEBA_CROP = (25, 57, 128)
# Where dlib's chip of the face lies in these photographs: centre of its first pixel, from pixel to pixel.
CHIP_SIZE, CHIP_STEP, CHIP_LEFT, CHIP_TOP = 150, 0.7252, 34.4, 78.6


@dataclass(frozen=True)
class CropWindow:
    """A square part of a square image, and the size to which it is shrunk.

    Attributes
    ----------
    size : int, pixels per side of the result
    left, top : float in [0, 1), corner of the part, in sides of the image
    side : float in (0, 1], side of the part, in sides of the image
    repeat_border : bool, whether the part may reach beyond the image, by up to a side of it; the pixels of
        the image's border are repeated there

    Example
    -------
    >>> CropWindow(64, left=0.25, top=0.25, side=0.5)  # the middle of an image, as 64×64 pixels
    CropWindow(size=64, left=0.25, top=0.25, side=0.5, repeat_border=False)
    """

    size: int
    left: float = 0.0
    top: float = 0.0
    side: float = 1.0
    repeat_border: bool = False

    def __post_init__(self) -> None:
        if self.size < 1:
            raise UserError(f"`size` must be at least 1. Got {self.size}.")
        least, most, where = (-1, 2, "-1 to 2") if self.repeat_border else (0, 1, "0 to 1")
        if not 0 < self.side <= most - least:
            raise UserError(f"`side` must be above 0 and at most {most - least}. Got {self.side}.")
        for name, corner in (("left", self.left), ("top", self.top)):
            # A part that ends at the border may do so within rounding.
            if not least <= corner <= most - self.side + 1e-6:
                raise UserError(
                    f"`{name}` + `side` must lie in the picture, {where}. Got {corner} + {self.side}."
                )


def crop_images(images, window: CropWindow):
    """Cut a part out of images and shrink it by area.

    Each pixel of the result is the mean of the area below it; pixels of the image that lie partly below
    count by that part. Where the window is finer than the image, the same rule repeats pixels.

    Input shape: (n, r, r, channels), float32. Output shape: (n, size, size, channels).
    """
    n_pixels = images.shape[1]
    rows, columns = (_pixel_edges(corner, window, n_pixels) for corner in (window.top, window.left))
    if _are_whole(rows, n_pixels) and _are_whole(
        columns, n_pixels
    ):  # equal blocks of whole pixels: a plain mean
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


def face_chip_window(picture: tuple[float, float, float] = CELEBA_CROP, size: int = CHIP_SIZE) -> CropWindow:
    """Find the part of a picture that dlib's chip of the face shows, for the recogniser of faces.

    Pixel (u, v) of the chip, of 150 per side, lies at (0.7252 u + 34.4, 0.7252 v + 78.6) of CelebA's aligned
    photographs, from centre to centre of pixels. The chip ends 2.5 pixels of the photograph below the square
    that the pictures of this project show; the border is repeated there.

    Parameters
    ----------
    picture : (left, top, side), the square of CelebA's aligned photographs that the picture shows, in pixels
    size : int, pixels per side of the result

    Example
    -------
    >>> round(face_chip_window().top, 3)
    0.17
    """
    left, top, side = picture
    # The chip's left border lies half a pixel of its own before the centre of its first pixel.
    chip_left, chip_top = (start + 0.5 - CHIP_STEP / 2 for start in (CHIP_LEFT, CHIP_TOP))
    return CropWindow(
        size,
        (chip_left - left) / side,
        (chip_top - top) / side,
        CHIP_STEP * CHIP_SIZE / side,
        repeat_border=True,
    )


def _pixel_edges(corner: float, window: CropWindow, n_pixels: int) -> np.ndarray:
    """Where the pixels of the result begin and end, in pixels of the image: size + 1 numbers."""
    return corner * n_pixels + window.side * n_pixels / window.size * np.arange(window.size + 1)


def _are_whole(edges: np.ndarray, n_pixels: int) -> bool:
    inside = edges[0] > -0.5 and edges[-1] < n_pixels + 0.5
    return bool(inside and np.abs(edges - edges.round()).max() < 1e-6 and edges[1] - edges[0] > 0.5)


def _area_weights(edges: np.ndarray, n_pixels: int) -> tuple[slice, np.ndarray]:
    """The slice of pixels that lie between the edges, and the share of each in each pixel of the result.

    A pixel at the border stands for all that would lie beyond it as well.
    """
    pixels = np.arange(int(np.floor(edges[0] + 1e-9)), int(np.ceil(edges[-1] - 1e-9)))
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    shares = np.clip(overlap, 0.0, None)
    inside = np.clip(pixels, 0, n_pixels - 1)
    touched = slice(int(inside[0]), int(inside[-1]) + 1)
    folded = np.zeros((len(shares), touched.stop - touched.start))
    np.add.at(folded.T, inside - touched.start, shares.T)
    return touched, (folded / folded.sum(axis=1, keepdims=True)).astype("float32")
