"""Read `.weights.h5` files that Keras saved of this project's generator: shapes and numbers by layer name."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from models.importers.pggan.variable_map import GanFile, GanNetwork, resolution_of
from models.networks.progressive_gan import GanConfig, resolutions_to
from tlgan.errors import UserError
from tlgan.storage.atomic_files import reading
from tlgan.storage.hdf5_validation import DAMAGE, check_own_numbers

REMEDY = "Save it again with `save_weights`."


def read_keras_weights(path: Path) -> GanFile:
    """Read the generator in a Keras weight file of ours; what no shape tells of its config is the default.

    Raises
    ------
    UserError
        Where the file is damaged, or holds another network than our generator.
    """
    with reading(path, "a Keras weight file", *DAMAGE):
        with h5py.File(path, "r") as file:
            check_own_numbers(file, REMEDY)
            variables: dict[str, np.ndarray] = {}

            def collect(name: str, item: object) -> None:
                # Each layer's group `…/vars` carries the layer's name and holds kernel and bias.
                if isinstance(item, h5py.Group) and name.endswith("vars") and len(item):
                    layer = item.attrs.get("name", name)
                    for key, variable in (("0", "kernel"), ("1", "bias")):
                        variables[f"{layer}/{variable}"] = item[key][...].astype("float32")

            file.visititems(collect)
        if not any(name.startswith("to_rgb") for name in variables):
            what = (
                "a discriminator only"
                if any(name.startswith("from_rgb") for name in variables)
                else "other layers"
            )
            raise UserError(f"must hold the weights of our progressive generator. Got {what}.")
        note = "normalised latents, pixel norm and leak are taken to be the defaults"
        return GanFile(GanNetwork(_config(variables), variables), notes=(note,))


def _config(variables: dict[str, np.ndarray]) -> GanConfig:
    """The config that the shapes tell; whether all shapes fit is checked when the network takes them."""
    resolution = resolution_of(
        sum(name.startswith("to_rgb") and name.endswith("kernel") for name in variables)
    )
    maps, channels = [], 0
    for size in resolutions_to(resolution):
        kernel = variables.get(f"to_rgb{size}/kernel")
        if kernel is None or kernel.ndim != 4:
            raise UserError(f"lacks `to_rgb{size}/kernel`; it is not a whole generator.")
        maps.append(kernel.shape[2])
        channels = kernel.shape[3]
    dense = variables.get("dense/kernel")
    if dense is None or dense.ndim != 2:
        raise UserError("lacks `dense/kernel`; it is not a whole generator.")
    bias_per_pixel = variables["dense/bias"].ndim == 3
    return GanConfig(resolution, dense.shape[0], tuple(maps), channels, bias_per_pixel=bias_per_pixel)
