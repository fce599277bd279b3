"""Map the variables of the published progressive GAN to ours.

Names, shapes and defaults are those of `G_paper` and `D_paper` in
github.com/tkarras/progressive_growing_of_gans (2018).
"""

from __future__ import annotations

import math
from typing import Any

from models.importers.pggan.variable_map import (
    GanNetwork,
    VariableMapping,
    flip_kernel,
    label_factor,
    map_variables,
    weight_factor,
)
from models.networks.equalized_layers import HE_GAIN
from models.networks.progressive_gan import GanConfig, feature_maps, resolutions_to
from tlgan.errors import UserError

GENERATOR, DISCRIMINATOR = "G_paper", "D_paper"
GROUP_SIZE = 4  # samples in a group of the minibatch deviation
_COMMON = {"num_channels", "resolution", "label_size", "fmap_base", "fmap_decay", "fmap_max", "use_wscale"}
_COMMON |= {"fused_scale", "dtype", "structure", "is_template_graph"}
_KNOWN = {
    GENERATOR: _COMMON
    | {"latent_size", "normalize_latents", "use_pixelnorm", "pixelnorm_epsilon", "use_leakyrelu"},
    DISCRIMINATOR: _COMMON | {"mbstd_group_size"},
}


class _Arguments:
    """The arguments of a building function, with its defaults, each checked for its type."""

    def __init__(self, state: dict, notes: list[str]):
        self.given = state["static_kwargs"]
        self.what = f"network {str(state.get('name'))[:60]!r}"
        unknown = sorted(
            str(name)[:60] for name in self.given if name not in _KNOWN[state["build_func_name"]]
        )
        if unknown:
            notes.append(f"{self.what}: arguments {unknown} are unknown to its function and change nothing")
        self.resolution = self.number("resolution", 32)
        if self.resolution not in resolutions_to(1024)[1:]:
            raise UserError(
                f"{self.what}: `resolution` must be a power of two from 8 to 1024. Got {self.resolution}."
            )
        self.channels = self.number("num_channels", 1)
        self.label_size = self.number("label_size", 0)
        self.scaled = self.switch("use_wscale", True)
        self.fused = self.switch("fused_scale", True)
        base, decay = self.number("fmap_base", 8192, float), self.number("fmap_decay", 1.0, float)
        most = self.number("fmap_max", 512)
        if decay > 16:
            raise UserError(f"{self.what}: `fmap_decay` must be at most 16. Got {decay}.")
        self.widest = min(int(base), most)  # stage 0: a dense layer's
        self.maps = feature_maps(self.resolution, base, most, decay)

    def number(self, name: str, default: float, kind: type = int) -> Any:
        value = self.given.get(name, default)
        is_number = isinstance(value, int | kind) and not isinstance(value, bool)
        if not is_number or not 0 <= value < 2**24:
            raise UserError(f"{self.what}: `{name}` must be a number from 0. Got {str(value)[:60]}.")
        return value

    def switch(self, name: str, default: bool) -> bool:
        value = self.given.get(name, default)
        if not isinstance(value, bool):
            raise UserError(f"{self.what}: `{name}` must be true or false. Got {str(value)[:60]}.")
        return value

    def scale(self, gain: float, fan_in: int) -> float:
        """What the network multiplies stored weights by when it runs."""
        return gain / math.sqrt(fan_in) if self.scaled else 1.0

    def factor(self, gain: float, fan_in: int) -> float:
        return weight_factor(self.scale(gain, fan_in), gain, fan_in)

    def conv(self, source, target, before, after, size=3, gain=HE_GAIN) -> list[VariableMapping]:
        """Kernel and bias of a convolution; the file has our layout."""
        return [
            VariableMapping(
                f"{source}/weight",
                (size, size, before, after),
                f"{target}/kernel",
                factor=self.factor(gain, size * size * before),
            ),
            VariableMapping(f"{source}/bias", (after,), f"{target}/bias"),
        ]


def map_generator(state: dict, notes: list[str]) -> GanNetwork:
    """Map the generator of a `G_paper` state; what a user should know is added to `notes`."""
    arguments = _Arguments(state, notes)
    variables = dict(state["variables"])
    latent_dim = arguments.widest
    if arguments.given.get("latent_size") is not None:
        latent_dim = arguments.number("latent_size", latent_dim)
    config = GanConfig(
        resolution=arguments.resolution,
        latent_dim=latent_dim,
        maps=arguments.maps,
        channels=arguments.channels,
        normalize_latents=arguments.switch("normalize_latents", True),
        pixel_norm=arguments.switch("use_pixelnorm", True),
        pixel_norm_epsilon=float(arguments.number("pixelnorm_epsilon", 1e-8, float)),
        leak=0.2 if arguments.switch("use_leakyrelu", True) else 0.0,
    )
    if arguments.label_size:
        notes.append(f"its {arguments.label_size} label inputs are fed zeros: it draws without a class")
    mappings = [
        *_map_lod(variables),
        *_map_latents(arguments, config),
        *arguments.conv("4x4/Conv", "conv4", config.maps[0], config.maps[0]),
    ]
    sizes = resolutions_to(arguments.resolution)
    for size, before, after in zip(sizes[1:], config.maps, config.maps[1:], strict=False):
        mappings += _map_doubling(arguments, size, before, after)
        mappings += arguments.conv(f"{size}x{size}/Conv1", f"conv{size}", after, after)
    for lod, (size, width) in enumerate(zip(reversed(sizes), reversed(config.maps), strict=True)):
        mappings += arguments.conv(
            f"ToRGB_lod{lod}", f"to_rgb{size}", width, arguments.channels, size=1, gain=1.0
        )
    return GanNetwork(config, map_variables(variables, mappings, "generator"))


def _map_latents(arguments: _Arguments, config: GanConfig) -> list[VariableMapping]:
    """The first layer, from latents (and labels, which are fed zeros) to 4×4 pixels."""
    latent_dim, first, labels = config.latent_dim, config.maps[0], arguments.label_size
    inputs, gain = latent_dim + labels, HE_GAIN / 4
    factor = weight_factor(arguments.scale(gain, inputs), gain, latent_dim)
    if labels and config.normalize_latents:
        factor *= label_factor(latent_dim, labels)

    def pixels_first(kernel):
        kernel = kernel[:latent_dim].reshape(latent_dim, first, 4, 4)
        return kernel.transpose(0, 2, 3, 1).reshape(latent_dim, 16 * first)

    return [
        VariableMapping("4x4/Dense/weight", (inputs, 16 * first), "dense/kernel", pixels_first, factor),
        VariableMapping("4x4/Dense/bias", (first,), "dense/bias"),
    ]


def _map_doubling(arguments: _Arguments, size: int, before: int, after: int) -> list[VariableMapping]:
    """The layer that doubles the size: one transposed convolution, or doubled pixels and a convolution."""
    if not arguments.fused:
        return arguments.conv(f"{size}x{size}/Conv0", f"conv{size}_up", before, after)
    return [
        VariableMapping(
            f"{size}x{size}/Conv0_up/weight",
            (3, 3, after, before),
            f"conv{size}_up/kernel",
            # Applied as a transposed convolution: outputs before inputs, turned by 180 degrees.
            lambda kernel: flip_kernel(kernel).swapaxes(2, 3),
            arguments.factor(HE_GAIN, 9 * before),
        ),
        VariableMapping(f"{size}x{size}/Conv0_up/bias", (after,), f"conv{size}_up/bias"),
    ]


def map_discriminator(state: dict, notes: list[str]) -> GanNetwork | None:
    """Map the discriminator of a `D_paper` state; None, with a note, where ours cannot be it."""
    arguments = _Arguments(state, notes)
    if arguments.number("mbstd_group_size", GROUP_SIZE) != GROUP_SIZE:
        notes.append(
            f"the discriminator is left out: its minibatch deviation is not over groups of {GROUP_SIZE}"
        )
        return None
    maps, variables, widest = arguments.maps, dict(state["variables"]), arguments.widest
    config = GanConfig(
        resolution=arguments.resolution,
        latent_dim=1,
        maps=maps,
        channels=arguments.channels,
        smooth_before_activation=arguments.fused,
        score_maps=None if widest == maps[0] else widest,
    )
    mappings = [
        *_map_lod(variables),
        *arguments.conv("4x4/Conv", "conv4", maps[0] + 1, maps[0]),
        *_map_score(arguments),
    ]
    sizes = resolutions_to(arguments.resolution)
    down = "Conv1_down" if arguments.fused else "Conv1"
    for size, before, after in zip(sizes[1:], maps, maps[1:], strict=False):
        mappings += arguments.conv(f"{size}x{size}/Conv0", f"conv{size}", after, after)
        mappings += arguments.conv(f"{size}x{size}/{down}", f"conv{size}_down", after, before)
    for lod, (size, width) in enumerate(zip(reversed(sizes), reversed(maps), strict=True)):
        mappings += arguments.conv(f"FromRGB_lod{lod}", f"from_rgb{size}", arguments.channels, width, size=1)
    return GanNetwork(config, map_variables(variables, mappings, "discriminator"))


def _map_score(arguments: _Arguments) -> list[VariableMapping]:
    """The last two layers, from 4×4 pixels to the score; guesses of the label are left out."""
    first, widest, labels = arguments.maps[0], arguments.widest, arguments.label_size

    def pixels_first(kernel):
        return kernel.reshape(first, 4, 4, widest).transpose(1, 2, 0, 3).reshape(16 * first, widest)

    def score_alone(values):
        return values[..., :1]

    return [
        VariableMapping(
            "4x4/Dense0/weight",
            (16 * first, widest),
            "dense/kernel",
            pixels_first,
            arguments.factor(HE_GAIN, 16 * first),
        ),
        VariableMapping("4x4/Dense0/bias", (widest,), "dense/bias"),
        VariableMapping(
            "4x4/Dense1/weight",
            (widest, 1 + labels),
            "score/kernel",
            score_alone,
            arguments.factor(1.0, widest),
        ),
        VariableMapping("4x4/Dense1/bias", (1 + labels,), "score/bias", score_alone),
    ]


def _map_lod(variables: dict) -> list[VariableMapping]:
    """The level of detail, 0 in a grown network; some files leave it out."""
    return [VariableMapping("lod", (), None)] if "lod" in variables else []
