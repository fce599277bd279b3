"""The optional group "regressor" of an axis file: a latent regressor (docs/axis-file.md)."""

from __future__ import annotations

import json

import h5py
import numpy as np

from tlgan.axes.latent_regressor import PER_ATTRIBUTE, LatentRegressor
from tlgan.errors import UserError
from tlgan.formats.hdf5_fields import (
    plain_dataset,
    read_int_attribute,
    read_numbers,
    read_text_attribute,
    read_texts,
    refuse_links,
    write_texts,
)
from tlgan.limits.structured_text import parse_json
from tlgan.storage.hdf5_validation import check_unfolded_size

GROUP = "regressor"
GROUP_VERSION = 1
COMPONENTS = "component_held_out"
MAX_LAYERS = 16
MAX_WEIGHTS = 2**24  # of all layers: 64 MiB of float32
MAX_GROUPS_CHARACTERS = 100_000


def write_regressor(regressor: LatentRegressor, file: h5py.Group) -> None:
    """Write a regressor as the group `GROUP` of an open file."""
    group = file.create_group(GROUP)
    group.attrs["version"] = GROUP_VERSION
    group.attrs["activation"] = "gelu"
    group.attrs["n_layers"] = len(regressor.weights)
    group.attrs["generator_sha256"] = regressor.generator_sha256
    group.attrs["groups"] = json.dumps(regressor.groups, ensure_ascii=False)
    write_texts(group, "names", regressor.names)
    for number, (weight, bias) in enumerate(zip(regressor.weights, regressor.biases, strict=True)):
        group.create_dataset(f"weights_{number}", data=weight, dtype="<f4")
        group.create_dataset(f"biases_{number}", data=bias, dtype="<f4")
    for field in (*PER_ATTRIBUTE, COMPONENTS):
        group.create_dataset(field, data=getattr(regressor, field), dtype="<f8")


def read_regressor(file: h5py.Group, latent_dim: int | None = None) -> LatentRegressor:
    """Read the group `GROUP` of an open file.

    Parameters
    ----------
    file : h5py.Group
    latent_dim : int, optional
        Of the axes beside it.

    Raises
    ------
    UserError
        Where the group is not as documented, or the regressor reads latents of another size.
    """
    if not isinstance(file.get(GROUP, getlink=True), h5py.HardLink) or not isinstance(
        file[GROUP], h5py.Group
    ):
        raise UserError(f"{GROUP!r} must be a group of this file; write it again with tlgan.write_axes.")
    group = file[GROUP]
    version = read_int_attribute(group, "version")
    if version != GROUP_VERSION:
        raise UserError(
            f"has a regressor of version {version}; this tlgan reads version {GROUP_VERSION}. Upgrade tlgan."
        )
    refuse_links(group)
    activation = read_text_attribute(group, "activation")
    if activation != "gelu":
        raise UserError(f"the regressor's activation must be 'gelu'. Got {activation!r:.40}.")
    shape = plain_dataset(group, "names").shape
    components = plain_dataset(group, COMPONENTS).shape
    outputs = shape[0] + components[0] if len(shape) == len(components) == 1 else -1
    shapes = _layer_shapes(group, latent_dim, outputs)
    layers = [f"{part}_{number}" for number in range(len(shapes)) for part in ("weights", "biases")]
    fields = ("names", *layers, *PER_ATTRIBUTE, COMPONENTS)
    check_unfolded_size(group.file, [plain_dataset(group, name) for name in fields])
    weights = [read_numbers(group, f"weights_{number}", layer, "f4") for number, layer in enumerate(shapes)]
    biases = [
        read_numbers(group, f"biases_{number}", (layer[0], layer[2]), "f4")
        for number, layer in enumerate(shapes)
    ]
    per_attribute = {field: read_numbers(group, field, shape) for field in PER_ATTRIBUTE}
    return LatentRegressor(
        names=read_texts(group, "names", shape[0]),
        weights=tuple(np.asarray(weight) for weight in weights),
        biases=tuple(np.asarray(bias) for bias in biases),
        **per_attribute,
        component_held_out=read_numbers(group, COMPONENTS, components),
        groups=read_groups(read_text_attribute(group, "groups")),
        generator_sha256=read_text_attribute(group, "generator_sha256"),
    )


def _layer_shapes(group: h5py.Group, latent_dim: int | None, outputs: int) -> list[tuple[int, int, int]]:
    """Shapes of the layers' weights, checked against each other before one is read."""
    count = read_int_attribute(group, "n_layers")
    if not 1 <= count <= MAX_LAYERS:
        raise UserError(f"a regressor must have 1 to {MAX_LAYERS} layers. Got {count}.")
    shapes: list[tuple[int, int, int]] = []
    width = latent_dim
    for number in range(count):
        shape = plain_dataset(group, f"weights_{number}").shape
        width = shape[1] if width is None and len(shape) == 3 else width
        if len(shape) != 3 or 0 in shape or shape[1] != width or (shapes and shape[0] != shapes[0][0]):
            raise UserError(
                f"layer {number} of the regressor must have weights of shape (n_members, {width or 'latent_dim'}, n). "
                f"Got {shape}."
            )
        shapes.append(shape)
        width = shape[2]
    if width != outputs:
        raise UserError(
            f"the regressor must have one output for each name and component ({outputs}). Got {width}."
        )
    total = sum(int(np.prod(shape, dtype=object)) for shape in shapes)
    if total > MAX_WEIGHTS:
        raise UserError(f"a regressor must have at most {MAX_WEIGHTS} weights. Got {total}.")
    return shapes


def read_groups(text: str) -> tuple[tuple[str, ...], ...]:
    """Groups of names from JSON."""
    try:
        groups = parse_json(text) if len(text) <= MAX_GROUPS_CHARACTERS else None
    except UserError:
        groups = None
    if not isinstance(groups, list) or not all(
        isinstance(group, list) and all(isinstance(name, str) for name in group) for group in groups
    ):
        raise UserError(f"the regressor's groups must be a JSON list of lists of names. Got {text!r:.80}.")
    return tuple(tuple(group) for group in groups)
