"""A network from photographs to latents of one generator."""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers, ops

from models.networks.equalized_layers import pixel_norm
from tlgan.errors import UserError

LATENT_SPACES = ("sphere", "normal", "uniform")
WIDEST, LARGEST = 2**16, 4096  # feature maps, pixels per side
LEAK = 0.2


@dataclass(frozen=True)
class PhotoEncoderConfig:
    """Shape of an encoder.

    Attributes
    ----------
    resolution : int, pixels per side of the images that it reads
    latent_dim : int, length of a latent
    widths : tuple of int, feature maps after each halving of the picture
    latent_space : "sphere", "normal" or "uniform", where its latents lie
    """

    resolution: int
    latent_dim: int
    widths: tuple[int, ...]
    latent_space: str = "sphere"

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))
        for name, values, most in (
            ("resolution", (self.resolution,), LARGEST),
            ("latent_dim", (self.latent_dim,), WIDEST),
            ("widths", self.widths, WIDEST),
        ):
            if not all(1 <= value <= most for value in values):
                raise UserError(f"`{name}` must be from 1 to {most}. Got {values}.")
        step = 2 ** len(self.widths)
        if not self.widths or self.resolution % step or self.resolution // step < 1:
            raise UserError(
                f"`widths` must halve {self.resolution} pixels without a rest. Got {len(self.widths)} of them."
            )
        if self.latent_space not in LATENT_SPACES:
            raise UserError(f"`latent_space` must be one of {LATENT_SPACES}. Got {self.latent_space!r}.")


def build_photo_encoder(config: PhotoEncoderConfig, name: str = "photo_encoder") -> keras.Model:
    """Build the network: images (n, R, R, 3) float32 in [-1, 1] to latents (n, latent_dim).

    Each width is a convolution that halves the picture and a residual one; then one dense layer reads every
    pixel that is left, since a latent says where things are. On the sphere latents have length sqrt(latent_dim),
    and uniform ones lie within -1 and 1.
    """
    images = keras.Input((config.resolution, config.resolution, 3), name="images")
    features = images
    for number, width in enumerate(config.widths):
        features = _convolve(features, width, 4, f"down{number}", stride=2)
        branch = _convolve(features, width, 3, f"residual{number}")
        features = layers.Add(name=f"sum{number}")([features, branch])
    flat = layers.Flatten(name="flat")(features)
    latents = layers.Dense(config.latent_dim, name="latents")(flat)
    if config.latent_space == "sphere":
        latents = pixel_norm(latents)
    elif config.latent_space == "uniform":
        latents = ops.tanh(latents)
    return keras.Model(images, latents, name=name)


def _convolve(features, width: int, size: int, name: str, stride: int = 1):
    features = layers.Conv2D(
        width, size, strides=stride, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )(features)
    features = layers.BatchNormalization(momentum=0.95, name=f"{name}_norm")(features)
    return layers.LeakyReLU(negative_slope=LEAK, name=f"{name}_active")(features)
