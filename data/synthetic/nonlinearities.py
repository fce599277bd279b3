"""Functions that make a factor from its linear factor: monotone ones, and one that bends it with another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Nonlinearity:
    """A strictly increasing function through 0 with slope 1 there."""

    value: Callable[[Float], Float]
    slope: Callable[[Float], Float]
    inverse: Callable[[Float], Float]


NONLINEARITIES: Mapping[str, Nonlinearity] = MappingProxyType(
    {
        "none": Nonlinearity(lambda x: x, np.ones_like, lambda y: y),
        # Levels off on both sides.
        "saturating": Nonlinearity(
            lambda x: 1.5 * np.tanh(x / 1.5),
            lambda x: 1 / np.cosh(x / 1.5) ** 2,
            lambda y: 1.5 * np.arctanh(y / 1.5),
        ),
        # Grows faster on both sides.
        "accelerating": Nonlinearity(np.sinh, np.cosh, np.arcsinh),
        # Levels off on one side, grows faster on the other.
        "skewed": Nonlinearity(
            lambda x: 2 * np.expm1(x / 2), lambda x: np.exp(x / 2), lambda y: 2 * np.log1p(y / 2)
        ),
    }
)

BENT = "bent"
SHAPES = (*NONLINEARITIES, BENT)
"""What a factor may be of its linear factor: monotone, or bent with another factor."""

BEND = 0.5
BENT_PLACES = 7  # of the factors of portraits, none is correlated with the one seven places further
_BENT_DEVIATION = np.sqrt(1 + 2 * BEND**2)


def bend(linear: Float) -> Float:
    """Bend each factor with the one `BENT_PLACES` further (the first follows the last).

    The factor is (x + BEND (y² - 1)) / sqrt(1 + 2 BEND²), with x its own linear factor and y the other's: of
    variance 1 as they are, uncorrelated with y, and yet it moves where y does. No direction changes y and
    leaves this factor still for all latents: by how much x must make up depends on y.

    Parameters
    ----------
    linear : float64 array, shape (N, A)

    Returns
    -------
    float64 array, shape (N, A)
    """
    others = np.roll(linear, -BENT_PLACES, axis=1)
    bent: Float = (linear + BEND * (others**2 - 1)) / _BENT_DEVIATION
    return bent


class Expectations(NamedTuple):
    """Points over which means are taken: what a factor and its slope are there, and the weights.

    Attributes
    ----------
    values : float64 array, shape (A, P) or (P,)
    slopes : float64 array, shape (P,)
        Of the factor along its own linear factor.
    weights : float64 array, shape (P,), their sum 1
    """

    values: Float
    slopes: Float
    weights: Float


def expectations(shape: str, cosines: Float) -> Expectations:
    """Points for means over the latents, on a grid that is fine enough for integrands with steps.

    Parameters
    ----------
    shape : str, one of `SHAPES`
    cosines : float64 array, shape (A,)
        Between each factor's direction and that of the factor it bends with.
    """
    if shape != BENT:
        grid, weights = _normal_grid(16001)
        curve = NONLINEARITIES[shape]
        return Expectations(curve.value(grid), curve.slope(grid), weights)
    grid, weights = _normal_grid(401)
    other, own = np.repeat(grid, len(grid)), np.tile(grid, len(grid))
    x = cosines[:, None] * other + np.sqrt(1 - cosines[:, None] ** 2) * own
    values = (x + BEND * (other**2 - 1)) / _BENT_DEVIATION
    slopes = np.full(len(own), 1 / _BENT_DEVIATION)
    return Expectations(values, slopes, np.outer(weights, weights).ravel())


def _normal_grid(points: int) -> tuple[Float, Float]:
    """Points and weights for means over a standard normal."""
    grid = np.linspace(-8, 8, points)
    weights = np.exp(-(grid**2) / 2)
    return grid, weights / weights.sum()
