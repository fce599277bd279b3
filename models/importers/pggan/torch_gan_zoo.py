"""Map the variables of a facebookresearch/pytorch_GAN_zoo generator (torch hub's `PGAN`) to ours.

Its layers multiply weights and biases by He's constant at run time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.importers.pggan.variable_map import (
    GanFile,
    GanNetwork,
    VariableMapping,
    inputs_before_outputs,
    is_network,
    label_factor,
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
    """What the shapes and the configuration of a checkpoint say.

    Attributes
    ----------
    latent_dim, labels : int, latent values and class inputs; the first layer takes both
    maps : tuple of int, feature maps from 4×4 on
    channels : int
    equalized : bool, whether layers multiply by He's constant
    """

    latent_dim: int
    labels: int
    maps: tuple[int, ...]
    channels: int
    equalized: bool

    @property
    def resolution(self) -> int:
        return resolution_of(len(self.maps))

    def scale(self, fan_in: int) -> float:
        """What a layer multiplies its weight and bias by."""
        return HE_GAIN / math.sqrt(fan_in) if self.equalized else 1.0


def map_gan_zoo(content: dict) -> GanFile:
    """Map the generator of a checkpoint, the moving average `avgG` where there is one.

    Raises
    ------
    UserError
        Where the checkpoint says what our network cannot draw; lists variables that are missing or left over.
    """
    name = "avgG" if "avgG" in content else "netG"
    variables, config = content[name], content.get("config", {})
    if not is_network(variables) or not isinstance(config, dict):
        raise UserError(f"`{name}` must be a dict of tensors. It is not.")
    _check_config(config)
    notes = [] if name == "avgG" else ["it has no moving average: the generator is the last step's"]
    if "netD" in content:
        notes.append("netD is left out: its minibatch deviation is another than ours")
    sizes = _read_sizes(variables, config)
    if sizes.labels:
        notes.append(f"its {sizes.labels} class inputs are fed zeros: it draws without a class")
    gan_config = GanConfig(
        sizes.resolution,
        sizes.latent_dim,
        sizes.maps,
        sizes.channels,
        bias_per_pixel=True,
        leak=float(config.get("leakyReluLeak", 0.2)),
    )
    mapped = map_variables(variables, [*_map_dense(sizes), *_map_convolutions(sizes)], name)
    return GanFile(GanNetwork(gan_config, mapped), notes=tuple(notes))


def _check_config(config: dict) -> None:
    """Refuse what a checkpoint can say and our network cannot draw."""
    for key, rule, holds in (
        ("alpha", "0 (fully grown); take a checkpoint from the end of a scale", lambda value: value == 0),
        ("perChannelNormalization", "true", lambda value: value is True),
        (
            "lossCriterion",
            "WGANGP (others end in a tanh); bring it in as ONNX",
            lambda value: value == "WGANGP",
        ),
        (
            "leakyReluLeak",
            "a number from 0 to 1",
            lambda value: type(value) in (int, float) and 0 <= value <= 1,
        ),
    ):
        if key in config and not holds(config[key]):
            raise UserError(f"`config.{key}` must be {rule}. Got {str(config[key])[:40]}.")


def _read_sizes(variables: Mapping[str, np.ndarray], config: dict) -> _Sizes:
    dense = required_shape(variables, "formatLayer.module.weight", 2)
    levels = 1 + len({key.split(".")[1] for key in variables if key.startswith("scaleLayers.")})
    resolution_of(levels)
    maps = [dense[0] // 16]
    for level in range(levels - 1):
        maps.append(required_shape(variables, f"scaleLayers.{level}.0.module.weight", 4)[0])
    channels = required_shape(variables, f"toRGBLayers.{levels - 1}.module.weight", 4)[0]
    labels = config.get("categoryVectorDim", 0) or 0
    if type(labels) is not int or not 0 <= labels < dense[1]:
        raise UserError(f"`categoryVectorDim` must be a number of latent values. Got {str(labels)[:40]}.")
    return _Sizes(
        latent_dim=dense[1] - labels,
        labels=labels,
        maps=tuple(maps),
        channels=channels,
        equalized=config.get("equalizedlR", True) is not False,
    )


def _map_dense(sizes: _Sizes) -> list[VariableMapping]:
    first, latent_dim, inputs = sizes.maps[0], sizes.latent_dim, sizes.latent_dim + sizes.labels
    scale = sizes.scale(inputs)

    def pixels_first(values):  # rows are maps × pixels
        values = values.reshape(first, 4, 4, -1)[..., :latent_dim]
        return values.transpose(3, 1, 2, 0).reshape(latent_dim, 16 * first)

    def bias_per_pixel(bias):
        return bias.reshape(first, 4, 4).transpose(1, 2, 0)

    factor = weight_factor(scale, HE_GAIN / 4, latent_dim) * label_factor(latent_dim, sizes.labels)
    return [
        VariableMapping(
            "formatLayer.module.weight", (16 * first, inputs), "dense/kernel", pixels_first, factor
        ),
        VariableMapping("formatLayer.module.bias", (16 * first,), "dense/bias", bias_per_pixel, scale),
    ]


def _map_convolutions(sizes: _Sizes) -> list[VariableMapping]:
    levels, resolution = len(sizes.maps), sizes.resolution
    later = [f"scaleLayers.{level}.{place}" for level in range(levels - 1) for place in (0, 1)]
    sources = ["groupScale0.0", *later]
    mappings: list[VariableMapping] = []
    for source, target, widths in zip(
        sources, layer_names(resolution), layer_widths(sizes.maps), strict=True
    ):
        mappings += _map_convolution(sizes, source, target, *widths)
    for level, (size, width) in enumerate(zip(resolutions_to(resolution), sizes.maps, strict=True)):
        mappings += _map_convolution(
            sizes, f"toRGBLayers.{level}", f"to_rgb{size}", width, sizes.channels, size=1, gain=1.0
        )
    return mappings


def _map_convolution(
    sizes: _Sizes, source: str, target: str, before: int, after: int, size: int = 3, gain: float = HE_GAIN
) -> list[VariableMapping]:
    fan_in = size * size * before
    scale = sizes.scale(fan_in)
    return [
        VariableMapping(
            f"{source}.module.weight",
            (after, before, size, size),
            f"{target}/kernel",
            inputs_before_outputs,
            weight_factor(scale, gain, fan_in),
        ),
        VariableMapping(f"{source}.module.bias", (after,), f"{target}/bias", factor=scale),
    ]
