"""The layers of the published progressive GAN: every variable of a network, and where it goes here.

Names, shapes and defaults are those of `G_paper` and `D_paper` in
github.com/tkarras/progressive_growing_of_gans (2018).
"""

from __future__ import annotations

import math

from models.importers.pggan.variable_map import (
    GanNetwork,
    Port,
    flipped,
    port_variables,
    rescaled,
    unlabelled,
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

    def number(self, name: str, default: float, kind: type = int):
        value = self.given.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | kind) or not 0 <= value < 2**24:
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
        return rescaled(self.scale(gain, fan_in), gain, fan_in)

    def conv(self, source, target, before, after, size=3, gain=HE_GAIN) -> list[Port]:
        """Kernel and bias of a convolution; the file has our layout."""
        return [
            Port(
                f"{source}/weight",
                (size, size, before, after),
                f"{target}/kernel",
                factor=self.factor(gain, size * size * before),
            ),
            Port(f"{source}/bias", (after,), f"{target}/bias"),
        ]


def port_generator(state: dict, notes: list[str]) -> GanNetwork:
    """The generator of a `G_paper` state; what a user should know is added to `notes`."""
    arguments = _Arguments(state, notes)
    maps, variables = arguments.maps, dict(state["variables"])
    first = maps[0]
    latent_dim = arguments.widest
    if arguments.given.get("latent_size") is not None:
        latent_dim = arguments.number("latent_size", latent_dim)
    config = GanConfig(
        resolution=arguments.resolution,
        latent_dim=latent_dim,
        maps=maps,
        channels=arguments.channels,
        normalize_latents=arguments.switch("normalize_latents", True),
        pixel_norm=arguments.switch("use_pixelnorm", True),
        pixel_norm_epsilon=float(arguments.number("pixelnorm_epsilon", 1e-8, float)),
        leak=0.2 if arguments.switch("use_leakyrelu", True) else 0.0,
    )
    inputs, gain = latent_dim + arguments.label_size, HE_GAIN / 4
    factor = rescaled(arguments.scale(gain, inputs), gain, latent_dim)
    if arguments.label_size:
        notes.append(f"its {arguments.label_size} label inputs are fed zeros: it draws without a class")
        factor *= unlabelled(latent_dim, arguments.label_size) if config.normalize_latents else 1.0

    def pixels_first(kernel):
        kernel = kernel[:latent_dim].reshape(latent_dim, first, 4, 4)
        return kernel.transpose(0, 2, 3, 1).reshape(latent_dim, 16 * first)

    ports = [
        *_lod(variables),
        Port("4x4/Dense/weight", (inputs, 16 * first), "dense/kernel", pixels_first, factor),
        Port("4x4/Dense/bias", (first,), "dense/bias"),
        *arguments.conv("4x4/Conv", "conv4", first, first),
    ]
    sizes = resolutions_to(arguments.resolution)
    for size, before, after in zip(sizes[1:], maps, maps[1:], strict=False):
        if arguments.fused:
            ports += [
                Port(
                    f"{size}x{size}/Conv0_up/weight",
                    (3, 3, after, before),
                    f"conv{size}_up/kernel",
                    # Applied as a transposed convolution: outputs before inputs, turned by 180 degrees.
                    lambda kernel: flipped(kernel).swapaxes(2, 3),
                    arguments.factor(HE_GAIN, 9 * before),
                ),
                Port(f"{size}x{size}/Conv0_up/bias", (after,), f"conv{size}_up/bias"),
            ]
        else:
            ports += arguments.conv(f"{size}x{size}/Conv0", f"conv{size}_up", before, after)
        ports += arguments.conv(f"{size}x{size}/Conv1", f"conv{size}", after, after)
    for lod, (size, width) in enumerate(zip(reversed(sizes), reversed(maps), strict=True)):
        ports += arguments.conv(
            f"ToRGB_lod{lod}", f"to_rgb{size}", width, arguments.channels, size=1, gain=1.0
        )
    return GanNetwork(config, port_variables(variables, ports, "generator"))


def port_discriminator(state: dict, notes: list[str]) -> GanNetwork | None:
    """The discriminator of a `D_paper` state; None, with a note, where ours cannot be it."""
    arguments = _Arguments(state, notes)
    if arguments.number("mbstd_group_size", GROUP_SIZE) != GROUP_SIZE:
        notes.append(
            f"the discriminator is left out: its minibatch deviation is not over groups of {GROUP_SIZE}"
        )
        return None
    maps, variables, widest = arguments.maps, dict(state["variables"]), arguments.widest
    first, channels, labels = maps[0], arguments.channels, arguments.label_size
    config = GanConfig(
        resolution=arguments.resolution,
        latent_dim=1,
        maps=maps,
        channels=channels,
        smooth_before_activation=arguments.fused,
        score_maps=None if widest == first else widest,
    )

    def pixels_first(kernel):
        return kernel.reshape(first, 4, 4, widest).transpose(1, 2, 0, 3).reshape(16 * first, widest)

    def score_alone(values):
        return values[..., :1]  # what follows are guesses of the label

    ports = [
        *_lod(variables),
        *arguments.conv("4x4/Conv", "conv4", first + 1, first),
        Port(
            "4x4/Dense0/weight",
            (16 * first, widest),
            "dense/kernel",
            pixels_first,
            arguments.factor(HE_GAIN, 16 * first),
        ),
        Port("4x4/Dense0/bias", (widest,), "dense/bias"),
        Port(
            "4x4/Dense1/weight",
            (widest, 1 + labels),
            "score/kernel",
            score_alone,
            arguments.factor(1.0, widest),
        ),
        Port("4x4/Dense1/bias", (1 + labels,), "score/bias", score_alone),
    ]
    sizes = resolutions_to(arguments.resolution)
    for size, before, after in zip(sizes[1:], maps, maps[1:], strict=False):
        ports += arguments.conv(f"{size}x{size}/Conv0", f"conv{size}", after, after)
        down = "Conv1_down" if arguments.fused else "Conv1"
        ports += arguments.conv(f"{size}x{size}/{down}", f"conv{size}_down", after, before)
    for lod, (size, width) in enumerate(zip(reversed(sizes), reversed(maps), strict=True)):
        ports += arguments.conv(f"FromRGB_lod{lod}", f"from_rgb{size}", channels, width, size=1)
    return GanNetwork(config, port_variables(variables, ports, "discriminator"))


def _lod(variables) -> list[Port]:
    """The level of detail, 0 in a grown network; some files leave it out."""
    return [Port("lod", (), None)] if "lod" in variables else []
