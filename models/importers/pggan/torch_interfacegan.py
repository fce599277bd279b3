"""Map the variables of a genforce/interfacegan generator to ours.

Its scales are those of the published network; layers count from 0 or from 1, and those that double the size
are stored fused or not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.importers.pggan.variable_map import (
    GanFile,
    GanNetwork,
    VariableMapping,
    flip_kernel,
    inputs_before_outputs,
    layer_names,
    layer_widths,
    map_variables,
    required_shape,
    resolution_of,
    weight_factor,
)
from models.networks.equalized_layers import HE_GAIN
from models.networks.progressive_gan import GanConfig, resolutions_to
from tlgan.errors import UserError


@dataclass(frozen=True)
class _Sizes:
    """What the names and shapes of a checkpoint say.

    Attributes
    ----------
    start : int, number of its first layer, 0 or 1
    latent_dim : int
    maps : tuple of int, feature maps from 4×4 on
    colour_layers : dict of resolution to the name of the layer that draws colours there
    channels : int
    """

    start: int
    latent_dim: int
    maps: tuple[int, ...]
    colour_layers: dict[int, str]
    channels: int

    @property
    def resolution(self) -> int:
        return resolution_of(len(self.maps))


def map_interfacegan(variables: dict) -> GanFile:
    """Map the variables of a generator.

    Raises
    ------
    UserError
        Where the network is not fully grown; lists variables that are missing or left over.
    """
    if strange := [name for name in variables if not isinstance(name, str)]:
        raise UserError(
            f"names of variables must be texts. Got {strange[0]!r:.60}; fetch or export it again."
        )
    sizes = _read_sizes(variables)
    if "lod" in variables and np.any(variables["lod"]):
        raise UserError(f"`lod` must be 0 (fully grown). Got {variables['lod']}; take a later checkpoint.")
    mappings = [VariableMapping("lod", np.shape(variables["lod"]), None)] if "lod" in variables else []
    mappings += [*_map_dense(sizes), *_map_convolutions(sizes, variables), *_map_colours(sizes)]
    mapped = map_variables(variables, mappings, "generator")
    absent = [size for size in resolutions_to(sizes.resolution) if size not in sizes.colour_layers]
    for size, width in zip(resolutions_to(sizes.resolution), sizes.maps, strict=True):
        if size in absent:
            mapped[f"to_rgb{size}/kernel"] = np.zeros((1, 1, width, sizes.channels), "float32")
            mapped[f"to_rgb{size}/bias"] = np.zeros(sizes.channels, "float32")
    note = (
        f"it draws at {sizes.resolution} pixels only: layers of colour for lower resolutions are missing",
    )
    config = GanConfig(sizes.resolution, sizes.latent_dim, sizes.maps, sizes.channels)
    return GanFile(GanNetwork(config, mapped), notes=note if absent else ())


def _read_sizes(variables: Mapping[str, np.ndarray]) -> _Sizes:
    numbers = sorted(
        {int(found[1]) for name in variables if (found := re.fullmatch(r"layer(\d+)\..*", name))}
    )
    start, levels = numbers[0], len(numbers) // 2
    if start > 1 or numbers != list(range(start, start + 2 * levels)):
        raise UserError(f"must have two layers per resolution, counted from 0 or 1. Got {numbers[:20]}.")
    resolution = resolution_of(levels)
    latent_dim = required_shape(variables, f"layer{start}.conv.weight", 4)[1]
    maps = [
        required_shape(variables, f"layer{start + 2 * level}.wscale.bias", 1)[0] for level in range(levels)
    ]
    # Layouts that count from 1 have the last layer of colours only, under the name of its resolution.
    colour_layers = {
        size: name
        for level, size in enumerate(resolutions_to(resolution))
        for name in (f"output{level}", f"output_{size}x{size}")
        if f"{name}.conv.weight" in variables
    }
    if resolution not in colour_layers:
        raise UserError(f"lacks output{levels - 1}.conv.weight, the layer that draws {resolution} pixels.")
    channels = required_shape(variables, f"{colour_layers[resolution]}.conv.weight", 4)[0]
    return _Sizes(start, latent_dim, tuple(maps), colour_layers, channels)


def _map_dense(sizes: _Sizes) -> list[VariableMapping]:
    first, latent_dim, layer = sizes.maps[0], sizes.latent_dim, f"layer{sizes.start}"

    def pixels_first(kernel):
        # A 4×4 convolution over one padded pixel shows its kernel turned by 180 degrees.
        return kernel[:, :, ::-1, ::-1].transpose(1, 2, 3, 0).reshape(latent_dim, 16 * first)

    factor = weight_factor(HE_GAIN / math.sqrt(16 * latent_dim), HE_GAIN / 4, latent_dim)
    return [
        VariableMapping(
            f"{layer}.conv.weight", (first, latent_dim, 4, 4), "dense/kernel", pixels_first, factor
        ),
        VariableMapping(f"{layer}.wscale.bias", (first,), "dense/bias"),
    ]


def _map_convolutions(sizes: _Sizes, variables: Mapping[str, np.ndarray]) -> list[VariableMapping]:
    mappings: list[VariableMapping] = []
    pairs = zip(layer_names(sizes.resolution), layer_widths(sizes.maps), strict=True)
    for number, (target, (before, after)) in enumerate(pairs, start=sizes.start + 1):
        layer = f"layer{number}"
        if f"{layer}.weight" in variables:  # fused: applied as a transposed convolution
            kernel = VariableMapping(
                f"{layer}.weight", (3, 3, before, after), f"{target}/kernel", flip_kernel
            )
        else:
            kernel = VariableMapping(
                f"{layer}.conv.weight", (after, before, 3, 3), f"{target}/kernel", inputs_before_outputs
            )
        mappings += [kernel, VariableMapping(f"{layer}.wscale.bias", (after,), f"{target}/bias")]
    return mappings


def _map_colours(sizes: _Sizes) -> list[VariableMapping]:
    mappings: list[VariableMapping] = []
    for size, width in zip(resolutions_to(sizes.resolution), sizes.maps, strict=True):
        if size in sizes.colour_layers:
            name, shape = sizes.colour_layers[size], (sizes.channels, width, 1, 1)
            mappings += [
                VariableMapping(f"{name}.conv.weight", shape, f"to_rgb{size}/kernel", inputs_before_outputs),
                VariableMapping(f"{name}.wscale.bias", (sizes.channels,), f"to_rgb{size}/bias"),
            ]
    return mappings
