"""Similarities of the plane: fit one to points, and sample an image under one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlgan.errors import UserError

Points = NDArray[np.float64]

MARGIN = 3  # pixels around a region that the filter reaches into
LEAST_SAMPLES = 4  # rows and columns of samples below a pixel; an image that would need more is shrunk first


@dataclass(frozen=True)
class Similarity:
    """A turn, a change of size and a shift, without reflection.

    The point (x, y) is the complex number z = x + iy, and goes to `turn` · z + `shift`. Coordinates are pixels
    from the top left corner of an image, so that the middle of the first pixel is (0.5, 0.5).

    Attributes
    ----------
    turn : complex
        Its absolute value is the change of size, its argument the angle.
    shift : complex

    Example
    -------
    >>> Similarity(2j, 1 + 0j).points([[3.0, 0.0]])  # twice as large, turned by 90 degrees, one to the right
    array([[1., 6.]])
    """

    turn: complex
    shift: complex

    @property
    def scale(self) -> float:
        """By how much lengths grow."""
        return abs(self.turn)

    @property
    def degrees(self) -> float:
        """The angle, clockwise as images are seen, -180 to 180."""
        return math.degrees(math.atan2(self.turn.imag, self.turn.real))

    def points(self, points) -> Points:
        """Where points, float array (..., 2), go."""
        given = np.asarray(points, dtype=np.float64)
        moved = self.turn * (given[..., 0] + 1j * given[..., 1]) + self.shift
        return np.stack([moved.real, moved.imag], axis=-1)

    def after(self, first: Similarity) -> Similarity:
        """The similarity that does `first`, then this one."""
        return Similarity(self.turn * first.turn, self.turn * first.shift + self.shift)

    def inverse(self) -> Similarity:
        """The similarity that undoes this one."""
        return Similarity(1 / self.turn, -self.shift / self.turn)


def fit_similarity(points, targets) -> Similarity:
    """Fit the similarity that brings points nearest to targets, by least squares.

    Parameters
    ----------
    points, targets : float arrays, shape (n, 2), n at least 2

    Raises
    ------
    UserError
        Where all points, or all targets, lie in one place.

    Notes
    -----
    Umeyama 1991 ("Least-squares estimation of transformation parameters between two point patterns",
    equations 40 to 42) in two dimensions and without reflection: with complex numbers it is a regression
    line, whose slope is the covariance of points and targets over the variance of the points.
    """
    given, wanted = (np.asarray(values, np.float64) @ (1, 1j) for values in (points, targets))
    from_middle, to_middle = given - given.mean(), wanted - wanted.mean()
    if not (np.abs(from_middle).max() > 0 and np.abs(to_middle).max() > 0):
        raise UserError("`points` and `targets` must each lie in more than one place. Got a single one.")
    turn = np.vdot(from_middle, to_middle) / np.vdot(from_middle, from_middle)
    return Similarity(complex(turn), complex(wanted.mean() - turn * given.mean()))


def warp(image: NDArray[np.uint8], placement: Similarity, width: int, height: int) -> NDArray[np.uint8]:
    """Sample an image under a similarity, with a bicubic filter; where it shrinks, by area.

    Parameters
    ----------
    image : uint8 array, shape (h, w, 3)
        Outside it, its edge repeats.
    placement : Similarity
        From pixels of the result to pixels of the image.
    width, height : int
        Of the result.

    Returns
    -------
    uint8 array, shape (height, width, 3)
    """
    whole = max(1, int(placement.scale // LEAST_SAMPLES))
    if whole > 1:
        image = np.asarray(Image.fromarray(image).reduce(whole))
        placement = Similarity(1 / whole, 0).after(placement)
    samples = max(1, math.ceil(placement.scale - 1e-9))
    placement = placement.after(Similarity(1 / samples, 0))
    corners = placement.points(np.array([(0, 0), (width, 0), (0, height), (width, height)]) * samples)
    left, top = np.floor(corners.min(axis=0)).astype(int) - MARGIN
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + MARGIN
    rows = np.arange(top, bottom).clip(0, image.shape[0] - 1)
    columns = np.arange(left, right).clip(0, image.shape[1] - 1)
    turn, shift = placement.turn, placement.shift - complex(left, top)
    sampled = Image.fromarray(image[rows[:, None], columns]).transform(
        (samples * width, samples * height),
        Image.Transform.AFFINE,
        (turn.real, -turn.imag, shift.real, turn.imag, turn.real, shift.imag),
        Image.Resampling.BICUBIC,
    )
    return np.array(sampled.reduce(samples) if samples > 1 else sampled)  # a copy, which can be written to
