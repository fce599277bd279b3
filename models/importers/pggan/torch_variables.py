"""PyTorch progressive GANs in two public layouts, told apart by the names of their variables.

facebookresearch/pytorch_GAN_zoo (torch hub's `PGAN`) and genforce/interfacegan.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from models.importers.pggan.torch_checkpoint import read_torch_file
from models.importers.pggan.variable_map import (
    GanFile,
    GanNetwork,
    Port,
    flipped,
    layer_names,
    layer_widths,
    port_variables,
    rescaled,
    side_of,
    unlabelled,
)
from models.networks.equalized_layers import HE_GAIN
from models.networks.progressive_gan import GanConfig, resolutions_to
from tlgan.errors import UserError
from tlgan.storage.atomic_files import reading


def read_torch_pggan(path: Path) -> GanFile:
    """The generator of a PyTorch checkpoint; the moving average where there is one.

    Raises
    ------
    UserError
        Where the file is damaged or in neither layout; lists variables that are missing or left over.
    """
    content = read_torch_file(path)
    with reading(path, "a PyTorch progressive GAN"):
        if not isinstance(content, dict):
            raise UserError("must hold a dict. It does not.")
        if "netG" in content or "avgG" in content:
            return _port_gan_zoo(content)
        if _is_network(content) and any(re.fullmatch(r"layer\d+\..*", name) for name in content):
            return _port_genforce(content)
        if "netD" in content or any(str(name).startswith("fromRGB") for name in content):
            raise UserError("holds a discriminator only. Give a checkpoint with the generator.")
        names = ", ".join(str(name)[:40] for name in list(content)[:6])
        raise UserError(
            f"is in neither known layout (avgG/netG, or layer0.conv.weight, …). Got {names}, …; "
            "bring it in as ONNX."
        )


def _port_gan_zoo(content: dict) -> GanFile:
    """facebookresearch/pytorch_GAN_zoo: He's constant on weights and bias of every layer, at run time."""
    name = "avgG" if "avgG" in content else "netG"
    variables, config = content[name], content.get("config", {})
    if not _is_network(variables) or not isinstance(config, dict):
        raise UserError(f"`{name}` must be a dict of tensors. It is not.")
    _check_gan_zoo(config)
    notes = [] if name == "avgG" else ["it has no moving average: the generator is the last step's"]
    if "netD" in content:
        notes.append("netD is left out: its minibatch deviation is another than ours")
    dense = _shape(variables, "formatLayer.module.weight", 2)
    levels = 1 + len({key.split(".")[1] for key in variables if key.startswith("scaleLayers.")})
    resolution = side_of(levels)
    maps = [dense[0] // 16]
    maps += [_shape(variables, f"scaleLayers.{level}.0.module.weight", 4)[0] for level in range(levels - 1)]
    channels = _shape(variables, f"toRGBLayers.{levels - 1}.module.weight", 4)[0]
    labels = config.get("categoryVectorDim", 0) or 0
    if type(labels) is not int or not 0 <= labels < dense[1]:
        raise UserError(f"`categoryVectorDim` must be a number of latent values. Got {str(labels)[:40]}.")
    if labels:
        notes.append(f"its {labels} class inputs are fed zeros: it draws without a class")
    latent_dim, first = dense[1] - labels, maps[0]
    equalized = config.get("equalizedlR", True) is not False

    def scale(fan_in: int) -> float:
        return HE_GAIN / math.sqrt(fan_in) if equalized else 1.0

    def conv(
        source: str, target: str, before: int, after: int, size: int = 3, gain: float = HE_GAIN
    ) -> list[Port]:
        fan_in = size * size * before
        return [
            Port(
                f"{source}.module.weight",
                (after, before, size, size),
                f"{target}/kernel",
                _inputs_before_outputs,
                rescaled(scale(fan_in), gain, fan_in),
            ),
            Port(f"{source}.module.bias", (after,), f"{target}/bias", factor=scale(fan_in)),
        ]

    def pixels_first(values):  # rows are maps × pixels
        values = values.reshape(first, 4, 4, -1)[..., :latent_dim]
        return values.transpose(3, 1, 2, 0).reshape(latent_dim, 16 * first)

    factor = rescaled(scale(dense[1]), HE_GAIN / 4, latent_dim) * unlabelled(latent_dim, labels)
    ports = [
        Port("formatLayer.module.weight", (16 * first, dense[1]), "dense/kernel", pixels_first, factor),
        Port(
            "formatLayer.module.bias",
            (16 * first,),
            "dense/bias",
            lambda bias: bias.reshape(first, 4, 4).transpose(1, 2, 0),
            scale(dense[1]),
        ),
    ]
    sources = [
        "groupScale0.0",
        *(f"scaleLayers.{level}.{place}" for level in range(levels - 1) for place in (0, 1)),
    ]
    for source, target, widths in zip(sources, layer_names(resolution), layer_widths(maps), strict=True):
        ports += conv(source, target, *widths)
    for level, (size, width) in enumerate(zip(resolutions_to(resolution), maps, strict=True)):
        ports += conv(f"toRGBLayers.{level}", f"to_rgb{size}", width, channels, size=1, gain=1.0)
    gan_config = GanConfig(
        resolution,
        latent_dim,
        tuple(maps),
        channels,
        bias_per_pixel=True,
        leak=float(config.get("leakyReluLeak", 0.2)),
    )
    return GanFile(GanNetwork(gan_config, port_variables(variables, ports, name)), notes=tuple(notes))


def _check_gan_zoo(config: dict) -> None:
    """Refuse what the layout can say and our network cannot draw."""
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


def _port_genforce(variables: dict) -> GanFile:
    """genforce/interfacegan: scale as published; layers count from 0 or from 1; fused or not."""
    numbers = sorted(
        {int(found[1]) for name in variables if (found := re.fullmatch(r"layer(\d+)\..*", name))}
    )
    start, levels = numbers[0], len(numbers) // 2
    if start > 1 or numbers != list(range(start, start + 2 * levels)):
        raise UserError(f"must have two layers per resolution, counted from 0 or 1. Got {numbers[:20]}.")
    resolution = side_of(levels)
    first, latent_dim = _shape(variables, f"layer{start}.conv.weight", 4)[:2]
    maps = [_shape(variables, f"layer{start + 2 * level}.wscale.bias", 1)[0] for level in range(levels)]
    sizes = resolutions_to(resolution)
    # Layouts that count from 1 keep the last layer of colours only, under the name of its resolution.
    colours = {
        size: name
        for level, size in enumerate(sizes)
        for name in (f"output{level}", f"output_{size}x{size}")
        if f"{name}.conv.weight" in variables
    }
    if resolution not in colours:
        raise UserError(f"lacks output{levels - 1}.conv.weight, the layer that draws {resolution} pixels.")
    channels = _shape(variables, f"{colours[resolution]}.conv.weight", 4)[0]
    if "lod" in variables and np.any(variables["lod"]):
        raise UserError(f"`lod` must be 0 (fully grown). Got {variables['lod']}; take a later checkpoint.")
    ports = [Port("lod", np.shape(variables["lod"]), None)] if "lod" in variables else []
    ports += [
        # A 4×4 convolution over one padded pixel shows its kernel turned by 180 degrees.
        Port(
            f"layer{start}.conv.weight",
            (first, latent_dim, 4, 4),
            "dense/kernel",
            lambda kernel: kernel[:, :, ::-1, ::-1].transpose(1, 2, 3, 0).reshape(latent_dim, 16 * first),
            rescaled(HE_GAIN / math.sqrt(16 * latent_dim), HE_GAIN / 4, latent_dim),
        ),
        Port(f"layer{start}.wscale.bias", (first,), "dense/bias"),
    ]
    for offset, (target, (before, after)) in enumerate(
        zip(layer_names(resolution), layer_widths(maps), strict=True), start=1
    ):
        layer = f"layer{start + offset}"
        if f"{layer}.weight" in variables:  # fused: applied as a transposed convolution
            source, shape, arrange = f"{layer}.weight", (3, 3, before, after), flipped
        else:
            source, shape, arrange = f"{layer}.conv.weight", (after, before, 3, 3), _inputs_before_outputs
        ports += [
            Port(source, shape, f"{target}/kernel", arrange),
            Port(f"{layer}.wscale.bias", (after,), f"{target}/bias"),
        ]
    ported, notes = {}, []
    for size, width in zip(sizes, maps, strict=True):
        if size in colours:
            name = colours[size]
            shape = (channels, width, 1, 1)
            ports.append(Port(f"{name}.conv.weight", shape, f"to_rgb{size}/kernel", _inputs_before_outputs))
            ports.append(Port(f"{name}.wscale.bias", (channels,), f"to_rgb{size}/bias"))
        else:
            ported[f"to_rgb{size}/kernel"] = np.zeros((1, 1, width, channels), "float32")
            ported[f"to_rgb{size}/bias"] = np.zeros(channels, "float32")
    if ported:
        notes.append(
            f"it draws at {resolution} pixels only: layers of colour for lower resolutions are missing"
        )
    config = GanConfig(resolution, latent_dim, tuple(maps), channels)
    ported |= port_variables(variables, ports, "generator")
    return GanFile(GanNetwork(config, ported), notes=tuple(notes))


def _is_network(value: object) -> bool:
    return (
        isinstance(value, Mapping)
        and bool(value)
        and all(isinstance(part, np.ndarray) for part in value.values())
    )


def _shape(variables: Mapping[str, np.ndarray], name: str, ndim: int) -> tuple[int, ...]:
    """Shape of an array that the sizes of others follow from."""
    if name not in variables or variables[name].ndim != ndim or 0 in variables[name].shape:
        raise UserError(f"must have `{name}` of {ndim} dimensions. It has not.")
    return variables[name].shape


def _inputs_before_outputs(kernel: np.ndarray) -> np.ndarray:
    """PyTorch's (out, in, h, w) to (h, w, in, out)."""
    return kernel.transpose(2, 3, 1, 0)
