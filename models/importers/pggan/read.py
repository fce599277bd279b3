"""Read a file of a progressive GAN, whatever wrote it, as one value."""

from __future__ import annotations

from pathlib import Path

from models.importers.pggan.keras_weights import read_keras_weights
from models.importers.pggan.tensorflow_pickle import read_official_pggan
from models.importers.pggan.torch_variables import read_torch_pggan
from models.importers.pggan.variable_map import GanFile, GanNetwork
from models.networks.progressive_gan import GanConfig
from models.weights.build import read_config
from models.weights.weight_file import Weights, read_weights
from tlgan.errors import UserError

READERS = {
    "official": read_official_pggan,
    "torch": read_torch_pggan,
    "keras-weights": read_keras_weights,
}


def read_gan(path: Path, kind: str) -> GanFile:
    """Read the networks of a file of this kind (see `models.importers.file_kind`).

    Raises
    ------
    UserError
        Where the file is damaged or holds no generator.
    """
    if kind == "tlgan":
        return GanFile(gan_network(read_weights(path), path, "generator"))
    return READERS[kind](path)


def gan_network(weights: Weights, path: Path, kind: str) -> GanNetwork:
    """The network in a weight file of ours; `UserError` where it is of another kind."""
    if weights.kind != kind:
        raise UserError(f"{path}: must be a {kind}. Got a {weights.kind}. Name another file.")
    return GanNetwork(read_config(weights.config, GanConfig, str(path)), weights.variables)
