"""Widen a generator so that it draws the same pictures (Net2Net).

Chen, Goodfellow, Shlens 2016, "Net2Net: Accelerating learning via knowledge transfer", arXiv
1511.05641, section 2.3 (Net2WiderNet).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, replace

import numpy as np

from models.networks.progressive_gan import GanConfig, resolutions_to
from tlgan.errors import UserError


def widen_generator(
    variables: Mapping[str, np.ndarray], narrow: GanConfig, wide: GanConfig, noise: float = 0.0, seed: int = 0
) -> dict[str, np.ndarray]:
    """Weights of a wide generator that draws what a narrow one draws.

    Every map is copied as often as the widths ask for, and weights that read copies are divided by the
    square root of their number: the run-time scale, gain / sqrt(fan_in), divides by another square root,
    and pixel norm does not change when maps are repeated.

    Parameters
    ----------
    variables : name to float32 array, of the narrow generator
    narrow, wide : GanConfig; the wide one's maps are whole multiples of the narrow one's, and all else
        but the resolution is equal. A higher resolution gets new layers
    noise : float, deviation of the noise on the wide weights, relative to that of each weight array: it
        tells copies apart, which would otherwise stay equal for ever. None where nothing is copied
    seed : int, of the noise

    Returns
    -------
    name to float32 array; layers of new resolutions are left out

    Raises
    ------
    UserError
        Where the networks do not fit together; says what would.
    """
    factors = _factors(narrow, wide)
    sizes = resolutions_to(narrow.resolution)
    random = np.random.Generator(np.random.Philox(key=[seed, 0]))

    def copied(name: str, reads: int, writes: int) -> dict[str, np.ndarray]:
        kernel = np.repeat(np.repeat(variables[f"{name}/kernel"], reads, axis=-2), writes, axis=-1)
        kernel = kernel / math.sqrt(reads)
        if noise and max(factors) > 1:
            kernel = kernel + noise * kernel.std() * random.standard_normal(kernel.shape)
        bias = np.repeat(variables[f"{name}/bias"], writes, axis=-1)
        return {f"{name}/kernel": kernel.astype("float32"), f"{name}/bias": bias}

    # The dense layer's outputs are (4, 4, maps), flattened: repeating the last axis repeats maps.
    widened = copied("dense", 1, factors[0]) | copied("conv4", factors[0], factors[0])
    for size, before, after in zip(sizes[1:], factors, factors[1:], strict=False):
        widened |= copied(f"conv{size}_up", before, after) | copied(f"conv{size}", after, after)
    for size, factor in zip(sizes, factors, strict=False):
        widened |= copied(f"to_rgb{size}", factor, 1)
    return widened


def grows_into(low: GanConfig, high: GanConfig) -> bool:
    """Whether the layers of a network are those of one of the same or a higher resolution, as far as they reach."""
    same = replace(low, resolution=high.resolution, maps=high.maps) == high
    return same and high.maps[: len(low.maps)] == low.maps


def _factors(narrow: GanConfig, wide: GanConfig) -> list[int]:
    fixed = [
        name
        for name, value in asdict(wide).items()
        if name not in ("resolution", "maps", "score_maps") and asdict(narrow)[name] != value
    ]
    if fixed:
        name = fixed[0]
        raise UserError(
            f"`{name}` must be that of the weights to start from ({getattr(narrow, name)}). "
            f"Got {getattr(wide, name)}."
        )
    if wide.resolution < narrow.resolution:
        raise UserError(
            f"`resolution` must be at least that of the weights to start from ({narrow.resolution}). "
            f"Got {wide.resolution}."
        )
    shared = wide.maps[: len(narrow.maps)]
    if any(after % before for before, after in zip(narrow.maps, shared, strict=True)):
        raise UserError(
            f"`maps` must be whole multiples of those of the weights to start from ({list(narrow.maps)}). "
            f"Got {list(wide.maps)}."
        )
    return [after // before for before, after in zip(narrow.maps, shared, strict=True)]
