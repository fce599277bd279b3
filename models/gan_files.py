"""Files of progressive GANs, whatever wrote them, as one value."""

from __future__ import annotations

from pathlib import Path

from models.keras_weights import read_keras_weights
from models.official_pggan import read_official_pggan
from models.ported_gan import GanFile, GanNetwork
from models.progressive_gan import GanConfig
from models.torch_pggan import read_torch_pggan
from models.weights import Weights, read_weights
from tlgan.errors import UserError

READERS = {
    "official": read_official_pggan,
    "torch": read_torch_pggan,
    "keras-weights": read_keras_weights,
}


def read_gan(path: Path, kind: str) -> GanFile:
    """The networks of a file of this kind (see `models.file_kinds`).

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
    try:
        config = GanConfig(**weights.config)
    except (TypeError, ValueError) as error:
        raise UserError(
            f"{path}: `config` is not that of a progressive GAN ({error}). Convert it again."
        ) from error
    return GanNetwork(config, weights.variables)
