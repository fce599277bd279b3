"""Align faces by five landmarks, as CelebA's photographs are aligned, and cut squares out of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.images.similarity import Similarity, fit_similarity, warp
from tlgan.errors import UserError

Square = tuple[float, float, float, float]  # left, top, side, side

# Eyes (left in the image, right), tip of the nose, corners of the mouth (left, right): where the landmarks of
# an MTCNN lie on average in CelebA's aligned photographs of 178 × 218 pixels.
TEMPLATE = np.array([(69.4, 111.4), (108.6, 111.6), (88.0, 135.5), (71.4, 152.9), (106.7, 153.1)])
TEMPLATE.flags.writeable = False


def place_square(landmarks, square: Square) -> Similarity:
    """Find where a square of the aligned face lies in the photograph.

    Parameters
    ----------
    landmarks : float array, shape (5, 2)
        In the order of `TEMPLATE`, in pixels of the photograph.
    square : (left, top, side, side)
        In pixels of CelebA's aligned photographs.

    Returns
    -------
    Similarity
        From the square, whose corners are (0, 0) and (1, 1), to pixels of the photograph.

    Raises
    ------
    UserError
        Where the landmarks are not five points, or all lie in one place.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    if points.shape != TEMPLATE.shape or not np.isfinite(points).all():
        raise UserError(f"`landmarks` must be five finite points, shape (5, 2). Got shape {points.shape}.")
    # The fit is the nearest to the template, in its pixels: so the size of the photograph does not matter.
    return fit_similarity(points, TEMPLATE).inverse().after(place_upright(square))


def place_upright(square: Square) -> Similarity:
    """The placement of an upright square (left, top, side, side) of the photograph, as `place_square` gives it."""
    left, top, side, _ = square
    return Similarity(side, complex(left, top))


def cut_square(photograph: NDArray[np.uint8], placement: Similarity, size: int) -> NDArray[np.uint8]:
    """Cut a square out of a photograph.

    Where the square is larger than the result, each pixel is the mean of the area below it. Outside the
    photograph, its edge repeats.

    Parameters
    ----------
    photograph : uint8 array, shape (h, w, 3)
    placement : Similarity
        From the square, whose corners are (0, 0) and (1, 1), to pixels of the photograph.
    size : int
        Pixels per side of the result.

    Returns
    -------
    uint8 array, shape (size, size, 3)
    """
    return warp(photograph, placement.after(Similarity(1 / size, 0)), size, size)


def share_outside(placement: Similarity, width: int, height: int) -> float:
    """The share, 0 to 1, of a placed square that lies outside a photograph of this size."""
    middles = (np.arange(64) + 0.5) / 64
    points = placement.points(np.stack(np.meshgrid(middles, middles), axis=-1))
    return float(1 - ((points >= 0) & (points < (width, height))).all(axis=-1).mean())
