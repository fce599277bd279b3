"""Checks of what a latent regressor is made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from tlgan.array_types import Float32s, Floats
from tlgan.axes.names import check_names, check_sha256
from tlgan.axes.unit_vectors import real_array
from tlgan.errors import UserError

UNKNOWN_ALLOWED = ("held_out", "straight_held_out")


def check_texts(names: tuple[str, ...], groups: tuple[Sequence[str], ...], generator_sha256: str) -> None:
    """Refuse names and groups that are no texts to print, or there twice, and what is no SHA-256."""
    check_names(names, "regressor.names")
    for group in groups:
        check_names(tuple(group), "regressor.groups")
    check_sha256("regressor.generator_sha256", generator_sha256)


def check_ranges(names: tuple[str, ...], lowest: Floats, highest: Floats) -> None:
    """Refuse a smallest prediction above the largest."""
    for row in np.flatnonzero(lowest > highest)[:1]:
        raise UserError(
            f"`regressor.lowest` must not be above `regressor.highest`. {names[row]!r} has {lowest[row]:g} and "
            f"{highest[row]:g}."
        )


def layer_array(field: str, values: ArrayLike, dimensions: int) -> Float32s:
    """A layer's array as float32, read-only; UserError where it is not finite or of other dimensions."""
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
        array = real_array(f"regressor.{field}", values, dimensions).astype(np.float32)
    if not np.isfinite(array).all():
        raise UserError(
            f"`regressor.{field}` must be finite in float32. Got NaN, infinity or too large a number."
        )
    array.flags.writeable = False
    return array


def check_layers(
    weights: tuple[Float32s, ...], biases: tuple[Float32s, ...], n_attributes: int, components: Floats
) -> None:
    """Refuse layers that do not follow each other, or do not end in one output for each name and component."""
    if not weights or len(weights) != len(biases):
        raise UserError(
            f"`regressor.weights` and `regressor.biases` must have one entry for each layer. "
            f"Got {len(weights)} and {len(biases)}."
        )
    members, width = weights[0].shape[0], weights[0].shape[1]
    for number, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        if weight.shape[:2] != (members, width) or bias.shape != (members, weight.shape[2]):
            raise UserError(
                f"Layer {number} of the regressor must have weights ({members}, {width}, n) and biases "
                f"({members}, n). Got {weight.shape} and {bias.shape}."
            )
        width = weight.shape[2]
    if components.ndim != 1 or not np.isfinite(components).all():
        raise UserError(
            f"`regressor.component_held_out` must be finite, one number per component. Got {components!r:.80}."
        )
    if width != n_attributes + len(components):
        raise UserError(
            f"The last layer of the regressor must have one output for each name ({n_attributes}) and "
            f"component ({len(components)}). Got {width}."
        )


def per_attribute(field: str, values: ArrayLike, names: tuple[str, ...]) -> Floats:
    """One number for each name, read-only; UserError where one breaks the field's rule."""
    vector = real_array(f"regressor.{field}", values, 1)
    if len(vector) != len(names):
        raise UserError(
            f"`regressor.{field}` must have one entry per name ({len(names)}). Got {len(vector)}."
        )
    known = np.isfinite(vector)
    if field in UNKNOWN_ALLOWED:
        known |= np.isnan(vector)
    if field == "scales":
        known &= vector > 0
    for row in np.flatnonzero(~known)[:1]:
        rule = "above 0 and finite" if field == "scales" else "finite"
        raise UserError(f"`regressor.{field}` must be {rule}. {names[row]!r} has {vector[row]}.")
    vector.flags.writeable = False
    return vector
