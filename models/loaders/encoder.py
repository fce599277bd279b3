"""Load an encoder: what finds latents of one named generator for photographs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from models.inference.batch_size import BatchSize, choose_batch_size
from models.inference.compile import compile_forward
from models.networks.photo_encoder import PhotoEncoderConfig, build_photo_encoder
from models.networks.variational_autoencoder import VaeConfig, build_vae_encoder
from models.protocols import Generator
from models.weights.build import build_network, check_activations, largest_activation, read_config
from models.weights.locate import find_weights
from models.weights.weight_file import REMEDY, read_weights
from tlgan.errors import UserError

# Networks that can be an encoder, by the `kind` of their weight files: the config, with `resolution` and
# `latent_dim`, and what builds the network. It takes images in [-1, 1] and gives latents as the generator takes
# them, or a list that begins with them.
ENCODER_NETWORKS: Mapping[str, tuple[type, Callable]] = MappingProxyType(
    {
        "vae_encoder": (VaeConfig, build_vae_encoder),
        "photo_encoder": (PhotoEncoderConfig, build_photo_encoder),
    }
)
GENERATOR_HASH = "generator_sha256"  # what the weight file's `card` must name


@dataclass(frozen=True)
class LoadedEncoder:
    """An `Encoder` that is a network.

    Attributes
    ----------
    name : str
    resolution : int, pixels per side of the images that it reads
    latent_dim : int
    generator_sha256 : str, of the generator whose latents it finds
    sha256 : str, hash of its weight file
    encode : callable, uint8 images (n, R, R, 3) to float32 latents (n, latent_dim)
    batch_size : BatchSize, the rows that go through at a time
    """

    name: str
    resolution: int
    latent_dim: int
    generator_sha256: str
    sha256: str
    encode: Callable[[np.ndarray], np.ndarray] = field(repr=False, compare=False)
    batch_size: BatchSize = field(default_factory=lambda: BatchSize(1), repr=False, compare=False)

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Find latents.

        Parameters
        ----------
        images : uint8 array, shape (n, resolution, resolution, 3)

        Returns
        -------
        float32 array, shape (n, latent_dim)

        Raises
        ------
        UserError
            Where the images are of another size or type.
        """
        images, side = np.asarray(images), self.resolution
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (side, side, 3):
            raise UserError(
                f"`images` must be uint8 of shape (n, {side}, {side}, 3) for encoder {self.name}. "
                f"Got {images.dtype} {images.shape}."
            )
        return self.encode(images)


def load_encoder(
    path_or_name: str | Path,
    generator: Generator | None = None,
    *,
    batch: int | None = None,
    batch_size_cache: MutableMapping[str, Any] | None = None,
) -> LoadedEncoder:
    """Load an encoder by its weight file or by name.

    Parameters
    ----------
    path_or_name : a file, or the name of a trained or pretrained network
    generator : Generator or None, the one that its latents are to be of; None takes whichever it is
    batch, batch_size_cache : as for `models.load_generator`

    Raises
    ------
    UserError
        Where there is none of that name, the file is not an encoder, or it is one of another generator.

    Example
    -------
    >>> generator, encoder = models.load_generator("facemath"), models.load_encoder("facemath")
    >>> reconstructions = generator(encoder(photographs))  # uint8 (n, 64, 64, 3)
    """
    path = find_weights(path_or_name, "encoder")
    weights = read_weights(path)
    if weights.kind not in ENCODER_NETWORKS:
        raise UserError(f"{path}: must be an encoder. Got a {weights.kind}. Name another file.")
    generator_sha256 = weights.metadata.get(GENERATOR_HASH)
    if not isinstance(generator_sha256, str):
        raise UserError(f"{path}: `card` must name the SHA-256 of its generator. {REMEDY}")
    if generator is not None and generator.sha256 != generator_sha256:
        raise UserError(
            f"{path}: must be an encoder of generator {generator.name} ({generator.sha256[:12]}…). Got one of "
            f"{generator_sha256[:12]}…. Name another, or train one of this generator: "
            "`make train RECIPE=… NAME=encoder`, with its name as `generator` in `[networks.encoder]`."
        )
    config_class, build = ENCODER_NETWORKS[weights.kind]
    config: Any = read_config(weights.config, config_class, str(path))
    network = build_network(lambda: build(config), weights.variables, str(path))
    largest = largest_activation(network)
    check_activations(largest, weights.variables, str(path))
    batch_size = choose_batch_size(largest, f"{weights.sha256} | encodes", batch_size_cache, batch)

    def encode(images):
        found = network(ops.cast(images, "float32") / 127.5 - 1.0, training=False)
        return found[0] if isinstance(found, list | tuple) else found

    return LoadedEncoder(
        name=path.name.removesuffix(".h5").removesuffix(".encoder"),
        resolution=config.resolution,
        latent_dim=config.latent_dim,
        generator_sha256=generator_sha256,
        sha256=weights.sha256,
        encode=compile_forward(encode, batch_size),
        batch_size=batch_size,
    )
