"""Progressive GANs out of foreign files: every variable of the file has its place in our networks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from models.networks.progressive_gan import GanConfig, resolutions_to
from tlgan.errors import UserError


@dataclass(frozen=True)
class GanNetwork:
    """A generator's or discriminator's shape and numbers, under our own names."""

    config: GanConfig
    variables: dict[str, np.ndarray] = field(repr=False)


@dataclass(frozen=True)
class GanFile:
    """What a file of a progressive GAN holds.

    Attributes
    ----------
    generator : GanNetwork
    discriminator : GanNetwork or None, where the file has one that ours can be
    notes : tuple of str, what a user should know of the port: what was left out or assumed
    """

    generator: GanNetwork
    discriminator: GanNetwork | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Port:
    """Where one variable of a file goes, and how.

    Attributes
    ----------
    source : str, its name in the file
    shape : tuple of int, the shape it must have there
    target : str or None, its name here; None for what is looked at and left
    arrange : callable, source array to target array; None leaves it as it is
    factor : float, times which it is stored here (our networks scale weights at run time)
    """

    source: str
    shape: tuple[int, ...]
    target: str | None
    arrange: Callable[[np.ndarray], np.ndarray] | None = None
    factor: float = 1.0


def port_variables(
    variables: Mapping[str, object], ports: Sequence[Port], what: str
) -> dict[str, np.ndarray]:
    """Carry out ports, once it is clear that every variable has one and every one its variable.

    Parameters
    ----------
    variables : mapping of name to array
    what : str, names the network in messages: "generator", "discriminator"

    Raises
    ------
    UserError
        Listing what is missing or left over; or naming the first array of another shape or type.
    """
    wanted = {port.source: port for port in ports}
    missing, leftover = sorted(set(wanted) - set(variables)), sorted(set(variables) - set(wanted))
    if missing or leftover:
        raise UserError(
            f"{what}: variables do not fit. Missing: {_listed(missing)}. Left over: {_listed(leftover)}."
        )
    for name, port in wanted.items():
        array = np.asarray(variables[name])
        if array.dtype.kind != "f" or array.shape != port.shape:
            raise UserError(
                f"{what}: `{name}` must be floats of shape {port.shape}. Got {array.dtype} {array.shape}."
            )
        if not np.isfinite(array).all():
            raise UserError(f"{what}: `{name}` must be finite. Got NaN or infinity.")
    ported = {}
    for name, port in wanted.items():
        if port.target is not None:
            array = np.asarray(variables[name], "float32")
            array = port.arrange(array) if port.arrange else array
            ported[port.target] = np.ascontiguousarray(array * np.float32(port.factor))
    return ported


def layer_names(resolution: int) -> tuple[str, ...]:
    """Our names of a generator's 3×3 layers, in the order of drawing: conv4, conv8_up, conv8, …"""
    later = [f"conv{size}{ending}" for size in resolutions_to(resolution)[1:] for ending in ("_up", "")]
    return ("conv4", *later)


def layer_widths(maps: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Channels before and after each of `layer_names`."""
    pairs = [(maps[0], maps[0])]
    for before, after in pairwise(maps):
        pairs += [(before, after), (after, after)]
    return tuple(pairs)


def side_of(levels: int) -> int:
    """Resolution of a network of so many levels, the first of 4×4 pixels; refuses the impossible."""
    if not 2 <= levels <= 9:
        raise UserError(f"must draw 8 to 1024 pixels, which takes 2 to 9 levels. Got {levels}.")
    return 4 * 2 ** (levels - 1)


def flipped(kernel: np.ndarray) -> np.ndarray:
    """A kernel (3, 3, …) turned by 180 degrees: a transposed convolution's as a convolution's."""
    return kernel[::-1, ::-1]


def rescaled(scale: float, gain: float, fan_in: int) -> float:
    """Factor on weights that their network multiplies by `scale` and ours by gain / sqrt(fan_in)."""
    return scale * math.sqrt(fan_in) / gain


def unlabelled(latent_dim: int, label_size: int) -> float:
    """Factor on the first layer where zeros in place of labels no longer count in the latents' norm.

    With n latent values and l zeros, the mean square over n + l values is n / (n + l) of that over n.
    """
    return math.sqrt((latent_dim + label_size) / latent_dim)


def _listed(names: Sequence[str], most: int = 12) -> str:
    """Names in brackets, shortened where there are very many."""
    shown = ", ".join(names[:most])
    return f"[{shown}{f', … {len(names) - most} more' if len(names) > most else ''}]"
