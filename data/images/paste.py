"""Paste a square crop back into its photograph, under a mask with soft edges; nothing else changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from data.images.alignment import cut_square
from data.images.similarity import Similarity, warp
from tlgan.errors import UserError

FEATHER = 0.15  # share of the square's side over which the mask grows from 0 to 1
STRIP_ROWS = 256  # of the photograph that are worked on at a time
LEAST_GAIN, MOST_GAIN = 0.5, 2.0  # of the colour match

Pixels = NDArray[np.uint8]
Window = tuple[slice, slice]
# What is to stand in a window of the photograph where the mask is 1: float array, shape (rows, columns, 3).
Filling = Callable[[Window], NDArray[np.floating]]


def paste_crop(
    photograph: Pixels, crop: Pixels, placement: Similarity, *, feather: float = FEATHER, match: bool = True
) -> Pixels:
    """Paste a crop into the photograph in the place of what it shows.

    Parameters
    ----------
    photograph : uint8 array, shape (h, w, 3)
    crop : uint8 array, shape (r, r, 3)
    placement : Similarity
        From the crop, whose corners are (0, 0) and (1, 1), to pixels of the photograph; see `place_square`.
    feather : float, above 0 to 0.5
        Share of the crop's side over which the mask grows from 0 at its edge to 1.
    match : bool
        Give the crop's colours the mean and spread that the photograph has where the mask grows, so that
        no edge shows (as Reinhard et al. 2001, "Color transfer between images", but in RGB).

    Returns
    -------
    uint8 array, shape (h, w, 3)
        Equal to the photograph wherever `paste_mask` is 0.

    Raises
    ------
    UserError
        For a crop that is not square, or a feather out of range.
    """
    _check(feather, crop)
    gain, offset = _matching_colours(photograph, crop, placement, feather) if match else (1.0, 0.0)
    place = placement.inverse()

    def filling(window: Window) -> NDArray[np.floating]:
        return _warp_into(window, crop, place) * gain + offset

    return _fill(photograph, placement, feather, filling)


def paste_change(
    photograph: Pixels, before: Pixels, after: Pixels, placement: Similarity, *, feather: float = FEATHER
) -> Pixels:
    """Add to the photograph what an edit changed in a crop; the photograph's own detail stays.

    Parameters
    ----------
    photograph : uint8 array, shape (h, w, 3)
    before, after : uint8 arrays, shape (r, r, 3)
        What a generator draws of the face without and with the edit.
    placement, feather : as for `paste_crop`

    Returns
    -------
    uint8 array, shape (h, w, 3)
        Equal to the photograph wherever `paste_mask` is 0, or the edit changed nothing.

    Raises
    ------
    UserError
        For crops that are not square or of different sizes, or a feather out of range.
    """
    _check(feather, before, after)
    place = placement.inverse()

    def filling(window: Window) -> NDArray[np.floating]:
        return photograph[window] + _warp_into(window, after, place) - _warp_into(window, before, place)

    return _fill(photograph, placement, feather, filling)


def paste_mask(
    height: int, width: int, placement: Similarity, feather: float = FEATHER
) -> NDArray[np.float64]:
    """How much of a pasted crop shows at each pixel of a photograph: 0 none of it, 1 nothing else.

    Parameters
    ----------
    height, width : int
        Of the photograph.
    placement, feather : as for `paste_crop`

    Returns
    -------
    float64 array, shape (height, width), 0 to 1
    """
    _check(feather)
    mask = np.zeros((height, width))
    for window in _windows(height, width, placement):
        mask[window] = _mask_of(window, placement, feather)
    return mask


def _fill(photograph: Pixels, placement: Similarity, feather: float, filling: Filling) -> Pixels:
    result = photograph.copy()
    height, width, _ = photograph.shape
    for window in _windows(height, width, placement):
        mask = _mask_of(window, placement, feather)[..., None]
        old = photograph[window].astype(np.float64)
        mixed = old + mask * (filling(window).clip(0, 255) - old)
        result[window] = np.floor(mixed + 0.5)
    return result


def _windows(height: int, width: int, placement: Similarity) -> Iterator[Window]:
    """Strips of the part of a photograph in which the square lies."""
    corners = placement.points([(0, 0), (1, 0), (0, 1), (1, 1)])
    left, top = np.floor(corners.min(axis=0)).clip(0, (width, height)).astype(int).tolist()
    right, bottom = np.ceil(corners.max(axis=0)).clip(0, (width, height)).astype(int).tolist()
    if left < right:
        for start in range(top, bottom, STRIP_ROWS):
            yield slice(start, min(start + STRIP_ROWS, bottom)), slice(left, right)


def _mask_of(window: Window, placement: Similarity, feather: float) -> NDArray[np.float64]:
    rows, columns = (np.arange(part.start, part.stop) + 0.5 for part in window)
    return _mask_at(placement.inverse().points(np.stack(np.meshgrid(columns, rows), axis=-1)), feather)


def _mask_at(points: NDArray[np.float64], feather: float) -> NDArray[np.float64]:
    """The mask at points of the square, shape (..., 2): it grows smoothly from each edge, 3t² − 2t³."""
    inside = (np.minimum(points, 1 - points) / feather).clip(0, 1)
    return (inside**2 * (3 - 2 * inside)).prod(axis=-1)


def _warp_into(window: Window, crop: Pixels, place: Similarity) -> NDArray[np.float64]:
    """The crop as it lies in a window of the photograph; `place` leads from the photograph to the square."""
    rows, columns = window
    of_window = Similarity(len(crop), 0).after(place).after(Similarity(1, complex(columns.start, rows.start)))
    return warp(crop, of_window, columns.stop - columns.start, rows.stop - rows.start).astype(np.float64)


def _matching_colours(
    photograph: Pixels, crop: Pixels, placement: Similarity, feather: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gain and offset of each colour of the crop, shape (3,), from where the mask grows."""
    size = len(crop)
    middles = (np.arange(size) + 0.5) / size
    points = np.stack(np.meshgrid(middles, middles), axis=-1)
    mask = _mask_at(points, feather)
    # What lies outside the photograph has no colour.
    inside = placement.points(points)
    seen = ((inside >= 0) & (inside < photograph.shape[1::-1])).all(axis=-1)
    weights = 4 * mask * (1 - mask) * seen
    if not weights.any():
        return np.ones(3), np.zeros(3)
    there = cut_square(photograph, placement, size)
    (wanted_mean, wanted_spread), (mean, spread) = (
        _mean_and_spread(image, weights) for image in (there, crop)
    )
    gain = (wanted_spread / spread).clip(LEAST_GAIN, MOST_GAIN)
    return gain, wanted_mean - gain * mean


def _mean_and_spread(
    image: Pixels, weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each colour; a grey level is added to the spread, so that flat colours have a gain near 1."""
    pixels, shares = image.reshape(-1, 3).astype(np.float64), weights.ravel() / weights.sum()
    mean = shares @ pixels
    return mean, np.sqrt(shares @ (pixels - mean) ** 2) + 1.0


def _check(feather: float, *crops: Pixels) -> None:
    if not 0 < feather <= 0.5:
        raise UserError(f"`feather` must be above 0 and at most 0.5. Got {feather}.")
    for crop in crops:
        if crop.ndim != 3 or crop.shape[0] != crop.shape[1] or crop.shape != crops[0].shape:
            shapes = ", ".join(str(given.shape) for given in crops)
            raise UserError(f"a crop must be square, and two of one shape (r, r, 3). Got {shapes}.")
