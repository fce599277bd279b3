"""Monotone functions that make a factor from its linear factor, with slope and inverse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

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
