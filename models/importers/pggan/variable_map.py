"""Map the variables of a foreign progressive GAN to ours: each has its place, and none is left over."""

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
    notes : tuple of str, what a user should know: what was left out or assumed
    """

    generator: GanNetwork
    discriminator: GanNetwork | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class VariableMapping:
    """Where one variable of a file goes, and how.

    Attributes
    ----------
    source : str, its name in the file
    shape : tuple of int, the shape it must have there
    target : str or None, its name here; None for what is checked and left out
    arrange : callable, source array to target array; None leaves it as it is
    factor : float, times which it is stored here (our networks scale weights at run time)
    """

    source: str
    shape: tuple[int, ...]
    target: str | None
    arrange: Callable[[np.ndarray], np.ndarray] | None = None
    factor: float = 1.0


def map_variables(
    variables: Mapping[str, object], mappings: Sequence[VariableMapping], what: str
) -> dict[str, np.ndarray]:
    """Map variables to our names, once it is clear that each has one mapping and each mapping its variable.

    Parameters
    ----------
    variables : mapping of name to array
    mappings : sequence of VariableMapping
    what : str, names the network in messages: "generator", "discriminator"

    Returns
    -------
    dict of our names to float32 arrays

    Raises
    ------
    UserError
        Listing what is missing or left over; or naming the first array of another shape or type.
    """
    by_source = {mapping.source: mapping for mapping in mappings}
    missing, leftover = sorted(set(by_source) - set(variables)), sorted(set(variables) - set(by_source))
    if missing or leftover:
        raise UserError(
            f"{what}: variables do not fit. Missing: {_listed(missing)}. Left over: {_listed(leftover)}."
        )
    for name, mapping in by_source.items():
        array = np.asarray(variables[name])
        if array.dtype.kind != "f" or array.shape != mapping.shape:
            raise UserError(
                f"{what}: `{name}` must be floats of shape {mapping.shape}. Got {array.dtype} {array.shape}."
            )
        if not np.isfinite(array).all():
            raise UserError(f"{what}: `{name}` must be finite. Got NaN or infinity.")
    mapped = {}
    for name, mapping in by_source.items():
        if mapping.target is not None:
            array = np.asarray(variables[name], "float32")
            array = mapping.arrange(array) if mapping.arrange else array
            mapped[mapping.target] = np.ascontiguousarray(array * np.float32(mapping.factor))
    return mapped


def layer_names(resolution: int) -> tuple[str, ...]:
    """Our names of a generator's 3×3 layers, from latents to images: conv4, conv8_up, conv8, …"""
    later = [f"conv{size}{ending}" for size in resolutions_to(resolution)[1:] for ending in ("_up", "")]
    return ("conv4", *later)


def layer_widths(maps: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Channels before and after each of `layer_names`."""
    pairs = [(maps[0], maps[0])]
    for before, after in pairwise(maps):
        pairs += [(before, after), (after, after)]
    return tuple(pairs)


def resolution_of(levels: int) -> int:
    """Resolution of a network of so many levels, the first of 4×4 pixels; refuses the impossible."""
    if not 2 <= levels <= 9:
        raise UserError(f"must draw 8 to 1024 pixels, which takes 2 to 9 levels. Got {levels}.")
    return 4 * 2 ** (levels - 1)


def is_network(value: object) -> bool:
    """Whether a value is a mapping of names to arrays, and not empty."""
    return (
        isinstance(value, Mapping)
        and bool(value)
        and all(isinstance(part, np.ndarray) for part in value.values())
    )


def required_shape(variables: Mapping[str, np.ndarray], name: str, ndim: int) -> tuple[int, ...]:
    """Shape of an array that the sizes of others follow from; `UserError` where it is missing or another."""
    if name not in variables or variables[name].ndim != ndim or 0 in variables[name].shape:
        raise UserError(f"must have `{name}` of {ndim} dimensions. It has not.")
    return variables[name].shape


def inputs_before_outputs(kernel: np.ndarray) -> np.ndarray:
    """PyTorch's kernel (out, in, h, w) as (h, w, in, out)."""
    return kernel.transpose(2, 3, 1, 0)


def flip_kernel(kernel: np.ndarray) -> np.ndarray:
    """A kernel (3, 3, …) turned by 180 degrees: a transposed convolution's as a convolution's."""
    return kernel[::-1, ::-1]


def weight_factor(scale: float, gain: float, fan_in: int) -> float:
    """Factor on weights that their network multiplies by `scale` and ours by gain / sqrt(fan_in)."""
    return scale * math.sqrt(fan_in) / gain


def label_factor(latent_dim: int, label_size: int) -> float:
    """Factor on the first layer where zeros in place of labels no longer count in the latents' norm.

    With n latent values and l zeros, the mean square over n + l values is n / (n + l) of that over n.
    """
    return math.sqrt((latent_dim + label_size) / latent_dim)


def _listed(names: Sequence[str], most: int = 12) -> str:
    """Names in brackets, shortened where there are very many."""
    shown = ", ".join(names[:most])
    return f"[{shown}{f', … {len(names) - most} more' if len(names) > most else ''}]"
