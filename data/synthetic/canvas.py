"""Draw shapes with smooth edges on many pictures at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Canvas:
    """A window of a stack of pictures.

    Coordinates have x to the right and y down. Shapes are signed distances (positive
    inside) that `cover` turns into a coverage with an edge one pixel soft.

    Attributes
    ----------
    planes : float32 array, shape (3, N, height, width)
        Colours from 0 to 1; painting changes them in place.
    x : float32 array, shape (1, 1, width)
    y : float32 array, shape (1, height, 1)
    pixels_per_unit : float
    """

    planes: Array
    x: Array
    y: Array
    pixels_per_unit: float

    @classmethod
    def blank(cls, count: int, resolution: int, extent: float = 1.0) -> Canvas:
        """Make `count` black pictures of `resolution` squared pixels, from -extent to extent."""
        centres = ((np.arange(resolution) + 0.5) * (2 / resolution) - 1).astype(np.float32)
        centres *= np.float32(extent)
        planes = np.zeros((3, count, resolution, resolution), dtype=np.float32)
        return cls(planes, centres[None, None, :], centres[None, :, None], resolution / (2 * extent))

    def window(self, left: float, top: float, right: float, bottom: float) -> Canvas:
        """Return the part between these coordinates; painting there paints here, at less cost."""
        columns = slice(*np.searchsorted(self.x[0, 0], (left, right)))
        rows = slice(*np.searchsorted(self.y[0, :, 0], (top, bottom)))
        return Canvas(
            self.planes[:, :, rows, columns], self.x[:, :, columns], self.y[:, rows], self.pixels_per_unit
        )

    def cover(self, distance: Array, softness: float = 0.0) -> Array:
        """Turn signed distances into coverage from 0 to 1; `softness` widens the edge, in units."""
        slope = np.float32(1 / (1 / self.pixels_per_unit + softness))
        coverage = distance * slope
        coverage += np.float32(0.5)
        return np.clip(coverage, 0, 1, out=coverage)

    def paint(self, coverage: Array, colour: Array, brightness: Array | float = 1.0) -> None:
        """Lay a colour, shape (N, 3), times a brightness over the pictures where `coverage` says."""
        for plane, value in zip(self.planes, colour.T, strict=True):
            change = value[:, None, None] * brightness - plane
            change *= coverage
            plane += change

    def shade(self, brightness: Array) -> None:
        """Multiply the pictures by a brightness that broadcasts to (N, height, width)."""
        for plane in self.planes:
            plane *= brightness

    def ellipse(self, centre_x: Array, centre_y: float, radius_x: float, radius_y: float) -> Array:
        """Return the distance to an ellipse, exact for circles; `centre_x` has shape (N, 1, 1)."""
        u = (self.x - centre_x) / radius_x
        v = (self.y - centre_y) / radius_y
        return (1 - np.sqrt(u * u + v * v)) * min(radius_x, radius_y)

    def between(self, half_width: Array, centre_x: Array) -> Array:
        """Return the distance to a shape given by its half width on every row, shape (N, height, 1).

        A negative half width leaves the row empty. The slope of the outline is taken into account, so
        that flat parts of it are as smooth as steep ones.
        """
        step = 1 / self.pixels_per_unit
        slope = np.gradient(half_width, step, axis=1)
        return (half_width - np.abs(self.x - centre_x)) / np.sqrt(1 + slope * slope)
