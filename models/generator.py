"""The door for generators: whatever drew the network, stages see one `Generator` value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from keras import ops

from models.files import find_weights
from models.inference import compile_forward, to_bytes
from models.progressive_gan import GanConfig, ProgressiveDiscriminator, ProgressiveGenerator
from models.weights import Weights, assign_weights, read_weights
from tlgan.errors import UserError


@dataclass(frozen=True)
class Generator:
    """A generator as every stage sees it.

    Attributes
    ----------
    name : str
    latent_dim : int
    latent_space : "sphere", "normal" or "uniform", where its latents lie
    resolution : int, pixels per side
    sha256 : str, hash of its weight file
    draw : callable, float32 latents (n, latent_dim) to uint8 images (n, R, R, 3)
    """

    name: str
    latent_dim: int
    latent_space: str
    resolution: int
    sha256: str
    draw: Callable[[np.ndarray], np.ndarray] = field(repr=False, compare=False)

    def __call__(self, latents: np.ndarray) -> np.ndarray:
        """Draw one image for each latent.

        Parameters
        ----------
        latents : float array, shape (n, latent_dim)

        Returns
        -------
        images : uint8 array, shape (n, resolution, resolution, 3)

        Raises
        ------
        UserError
            Where the latents are of another size.
        """
        latents = np.asarray(latents, dtype="float32")
        if latents.ndim != 2 or latents.shape[1] != self.latent_dim:
            raise UserError(
                f"`latents` must have shape (n, {self.latent_dim}) for generator {self.name}. Got {latents.shape}."
            )
        return self.draw(latents)


def load_generator(path_or_name: str | Path) -> Generator:
    """Load a generator from a weight file, or by the name of a pretrained or converted one.

    Raises
    ------
    UserError
        Where there is none of that name, or the file is not a generator.
    """
    path = find_weights(path_or_name, "generator")
    weights = read_weights(path)
    network = _network(weights, path, "generator", ProgressiveGenerator)
    config = network.config
    # A batch draws as many pixels as 64 pictures of 64×64: large enough to be fast, small in memory.
    batch = max(1, min(64, 64 * 64 * 64 // config.resolution**2))
    forward = compile_forward(lambda latents: to_bytes(network(latents)), batch)
    return Generator(
        name=path.name.removesuffix(".h5").removesuffix(".generator"),
        latent_dim=config.latent_dim,
        latent_space="sphere" if config.normalize_latents else "normal",
        resolution=config.resolution,
        sha256=weights.sha256,
        draw=lambda latents: forward(latents).astype(np.uint8),
    )


def load_discriminator(path_or_name: str | Path) -> Callable[[np.ndarray], np.ndarray]:
    """Load a discriminator: uint8 images (n, R, R, 3) to realism scores (n,), float32.

    Scores depend on the batch through the minibatch deviation; images go through four at a time,
    the last ones together with repeats of the very last.
    """
    path = find_weights(path_or_name, "discriminator")
    network = _network(read_weights(path), path, "discriminator", ProgressiveDiscriminator)
    return compile_forward(lambda images: network(ops.cast(images, "float32") / 127.5 - 1.0), 4)


def _network(weights: Weights, path: Path, kind: str, build: Callable):
    if weights.kind != kind:
        raise UserError(f"{path}: must be a {kind}. Got a {weights.kind}. Name another file.")
    try:
        config = GanConfig(**weights.config)
    except TypeError as error:
        raise UserError(
            f"{path}: `config` is not that of a progressive GAN ({error}). Convert it again."
        ) from error
    network = build(config, name=kind)
    assign_weights(network, weights.variables, str(path))
    return network
