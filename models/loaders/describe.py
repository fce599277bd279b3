"""Describe a file of a network: kind, sizes, identity, and sample images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.importers.file_kind import KINDS, file_kind
from models.importers.foreign_generator import open_foreign_generator
from models.importers.foreign_network import ENDINGS
from models.importers.pggan.read import gan_network, read_gan
from models.importers.pggan.variable_map import GanNetwork
from models.importers.sidecar import sidecar_path
from models.inference.crop import CropWindow
from models.loaders.encoder import ENCODER_NETWORKS, LoadedEncoder, load_encoder
from models.loaders.generator import LoadedGenerator, load_generator
from models.loaders.labeller import load_labeller
from models.loaders.translator import TRANSLATOR_NETWORKS, load_translator
from models.networks.face_recogniser import FaceRecogniserConfig
from models.weights.weight_file import Weights, read_weights
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents
from tlgan.limits.structured_text import read_toml
from tlgan.storage.atomic_files import reading
from tlgan.storage.file_hash import file_sha256

MOST_BEYOND = (
    0.25  # of the range between black and white, by which pictures may reach beyond it without a word
)


@dataclass(frozen=True)
class FileFacts:
    """What a file of a network is.

    Attributes
    ----------
    path : Path
    kind : str, a key of `models.importers.file_kind.KINDS`
    role : "generator", "encoder", "discriminator", "labeller", "embedder" or "translator"
    resolution : int, pixels per side that it draws or reads
    latent_dim : int or None; latent_space : str or None (not declared), of a generator; of an encoder the first
    parameters : int or None where unknown
    attributes : tuple of str, of a labeller or translator
    sha256 : str, identity of the network in axis files and artefacts
    notes : tuple of str, what a user should know
    """

    path: Path
    kind: str
    role: str
    resolution: int
    sha256: str
    latent_dim: int | None = None
    latent_space: str | None = None
    parameters: int | None = None
    attributes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        """The kind in words."""
        return KINDS[self.kind]


def inspect(path: Path) -> FileFacts:
    """Describe a file of a network.

    Raises
    ------
    UserError
        Where it is none, or is damaged.
    """
    path = Path(path)
    kind = file_kind(path)
    if kind in ENDINGS:
        return _inspect_foreign(path, kind)
    if kind == "tlgan":
        weights = read_weights(path)
        count = _count(weights.variables)
        if weights.kind == "attribute_cnn" or is_labeller(path):
            return _labeller_facts(path, kind, count)
        if weights.kind == "face_recogniser":
            size = FaceRecogniserConfig(**weights.config).size
            return FileFacts(path, kind, "embedder", size, weights.sha256, parameters=count)
        if weights.kind in ENCODER_NETWORKS or weights.kind == "vae_decoder":
            return _autoencoder_facts(path, kind, weights)
        if weights.kind in TRANSLATOR_NETWORKS:
            return _translator_facts(path, kind, count)
        if weights.kind == "discriminator":
            config = gan_network(weights, path, "discriminator").config
            return FileFacts(
                path,
                kind,
                "discriminator",
                config.resolution,
                weights.sha256,
                parameters=count,
            )
    file = read_gan(path, kind)
    notes = list(file.notes)
    if file.discriminator:
        notes.append(f"has a discriminator too, {_count(file.discriminator.variables):,} parameters")
    return gan_facts(path, kind, file.generator, tuple(notes))


def sample_images(path: Path, count: int = 16, seed: int = 0, largest: int = 256) -> np.ndarray:
    """Draw images for a contact sheet: `count` samples of a generator file, at most `largest` pixels wide.

    A network whose prior is not declared is shown normal latents.

    Returns
    -------
    uint8 array, shape (count, r, r, 3)
    """
    facts = inspect(path)
    if facts.role != "generator":
        raise UserError(f"{path}: must be a generator. Got a {facts.role}. Name another file.")
    space = facts.latent_space or "normal"
    window = CropWindow(largest) if facts.resolution > largest else None
    generator = load_generator(path, latent_space=space, window=window)
    return generator(draw_latents(0, count, generator.latent_dim, space=space, seed=seed))


def gan_facts(path: Path, kind: str, network: GanNetwork, notes: tuple[str, ...] = ()) -> FileFacts:
    """Describe a file that holds this progressive GAN."""
    config = network.config
    return FileFacts(
        path,
        kind,
        "generator",
        config.resolution,
        file_sha256(path),
        latent_dim=config.latent_dim,
        latent_space="sphere" if config.normalize_latents else "normal",
        parameters=_count(network.variables),
        notes=notes,
    )


def _autoencoder_facts(path: Path, kind: str, weights: Weights) -> FileFacts:
    """Describe an encoder, or the decoder of a variational autoencoder, which is a generator."""
    network: LoadedEncoder | LoadedGenerator
    notes: tuple[str, ...]
    if weights.kind == "vae_decoder":
        network, notes = load_generator(path), ()
    else:
        network = load_encoder(path)
        notes = (f"finds latents of the generator {network.generator_sha256[:12]}…",)
    return FileFacts(
        path,
        kind,
        "encoder" if notes else "generator",
        network.resolution,
        weights.sha256,
        latent_dim=network.latent_dim,
        latent_space=None if notes else "normal",
        parameters=_count(weights.variables),
        notes=notes,
    )


def _labeller_facts(path: Path, kind: str, parameters: int | None = None) -> FileFacts:
    labeller = load_labeller(path)
    return FileFacts(
        path,
        kind,
        "labeller",
        labeller.resolution,
        labeller.sha256,
        parameters=parameters,
        attributes=labeller.names,
    )


def _translator_facts(path: Path, kind: str, parameters: int) -> FileFacts:
    translator = load_translator(path)
    return FileFacts(
        path,
        kind,
        "translator",
        translator.resolution,
        translator.sha256,
        parameters=parameters,
        attributes=tuple(condition.name for condition in translator.conditions),
        notes=tuple(f"levels of {known.name}: {known.listed_levels}" for known in translator.conditions),
    )


def _inspect_foreign(path: Path, kind: str) -> FileFacts:
    if is_labeller(path):
        return _labeller_facts(path, kind)
    notes: tuple[str, ...] = ()
    declared: str | None
    try:
        foreign = open_foreign_generator(path)
        declared = foreign.latent_space
    except UserError:
        # Whatever else is wrong is so with a prior, too.
        foreign, declared = open_foreign_generator(path, "normal"), None
        notes = (
            "its prior is not declared; give `--prior normal` (or uniform, sphere) to `try` or `convert`, or say it in "
            f"{sidecar_path(path).name} or in the recipe",
        )
    black, white = foreign.value_range
    order = " BGR" if foreign.colours == "BGR" else ""
    notes += (f"draws {foreign.layout}{order}, black {black:g}, white {white:g}",)
    least, most = foreign.extremes
    if max(black - least, most - white) > MOST_BEYOND * (white - black):
        notes += (
            f"draws values from {least:.3g} to {most:.3g}, and what lies beyond black and white is cut off; say what "
            f"these are with `--range BLACK,WHITE` of `try` or `convert`",
        )
    return FileFacts(
        path,
        kind,
        "generator",
        foreign.resolution,
        foreign.sha256,
        latent_dim=foreign.latent_dim,
        latent_space=declared,
        parameters=foreign.parameters,
        notes=notes,
    )


def is_labeller(path: Path) -> bool:
    """Whether the sidecar beside a network is a labeller's."""
    sidecar = sidecar_path(path)
    if not sidecar.is_file():
        return False
    with reading(sidecar, "a network's sidecar"):
        return "attributes" in read_toml(sidecar)


def _count(variables: Mapping[str, np.ndarray]) -> int:
    return sum(values.size for values in variables.values())
