"""A variational autoencoder of faces: an encoder to latents and a decoder that draws them again.

Kingma and Welling 2014, "Auto-encoding variational Bayes", arXiv 1312.6114. The layers are those of the
generative code beside facenet: convolutions of 4×4 that halve, and nearest doubling with 3×3 convolutions.
Beside them a linear path leads from the picture at half its size to the latent and back. It starts as the
principal components of the photographs (`set_linear_path`), so that the convolutions learn what these miss,
and a training of an hour on a processor gets as far as one of a day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

from tlgan.errors import UserError

LEAK = 0.1  # slope of the rectifiers below zero
SMALLEST = 4  # pixels per side where convolutions end and begin
WIDEST, LARGEST = 2**14, 1024
LOG_VARIANCE = -4.0  # of all latents where a training begins
EXTRA_COLUMNS, ITERATIONS = 32, 5  # of the search for principal components


@dataclass(frozen=True)
class VaeConfig:
    """Shape of a variational autoencoder.

    Attributes
    ----------
    resolution : int, a power of two from 8 to 1024, pixels per side
    latent_dim : int, length of a latent
    encoder_maps : tuple of int, feature maps after each halving, down to 4×4 pixels
    decoder_maps : tuple of int, feature maps at 4×4 pixels and after each doubling but the last, which
        gives the picture
    """

    resolution: int
    latent_dim: int
    encoder_maps: tuple[int, ...] = (32, 64, 128, 256)
    decoder_maps: tuple[int, ...] = (256, 128, 64, 32)

    def __post_init__(self) -> None:
        halvings = math.log2(self.resolution / SMALLEST) if self.resolution > 0 else 0
        if not 1 <= halvings <= math.log2(LARGEST / SMALLEST) or halvings != int(halvings):
            raise UserError(
                f"`resolution` must be a power of two from 8 to {LARGEST}. Got {self.resolution}."
            )
        for name in ("encoder_maps", "decoder_maps"):
            maps = tuple(int(width) for width in getattr(self, name))
            object.__setattr__(self, name, maps)
            if len(maps) != halvings:
                raise UserError(
                    f"`{name}` must have one entry for each of {int(halvings)} halvings of {self.resolution} "
                    f"pixels to {SMALLEST}. Got {maps}."
                )
        widths = (self.latent_dim, *self.encoder_maps, *self.decoder_maps)
        if not all(1 <= width <= WIDEST for width in widths):
            raise UserError(f"`latent_dim` and maps must be from 1 to {WIDEST}. Got {widths}.")


class Whitening(layers.Layer):
    """Change between the latents of a training and those of users, whose distribution is standard normal.

    The latents that an encoder finds for photographs are not distributed as the prior says. `mean` and `root`
    are those of the aggregate posterior of the training photographs: u, standard normal to its second
    moments, stands for the latent `mean + u root`. Until they are set, nothing changes.

    Input and output shape: latents (n, latent_dim), float32.

    Parameters
    ----------
    latent_dim : int
    to_users : bool, whether the layer takes latents of the training to those of users, as the encoder does;
        `root` is then the inverse
    """

    def __init__(self, latent_dim: int, to_users: bool, **kwargs):
        super().__init__(trainable=False, **kwargs)
        self.to_users = to_users
        self.mean = self.add_weight(shape=(latent_dim,), initializer="zeros", trainable=False, name="mean")
        self.root = self.add_weight(
            shape=(latent_dim, latent_dim), initializer="identity", trainable=False, name="root"
        )
        self.built = True

    def call(self, latents):
        if self.to_users:
            return ops.matmul(latents - self.mean, self.root)
        return ops.matmul(latents, self.root) + self.mean


def build_vae_encoder(config: VaeConfig, name: str = "vae_encoder") -> keras.Model:
    """Build the encoder: images (n, R, R, 3) float32 in [-1, 1] to [means (n, D), log variances (n, D)].

    The means are latents as the decoder takes them. The log variances are of the training's latents, before
    `Whitening`.
    """
    images = keras.Input((config.resolution, config.resolution, 3), name="images")
    features = images
    for number, maps in enumerate(config.encoder_maps):
        features = layers.Conv2D(maps, 4, strides=2, padding="same", use_bias=False, name=f"conv{number}")(
            features
        )
        features = _normalize(features, f"norm{number}")
    means = layers.Add(name="sum")(
        [
            layers.Dense(config.latent_dim, kernel_initializer="zeros", name="dense")(
                layers.Flatten(name="flat")(features)
            ),
            layers.Dense(config.latent_dim, name="linear")(layers.Flatten(name="pixels")(halve(images))),
        ]
    )
    log_variances = layers.Dense(
        config.latent_dim,
        kernel_initializer="zeros",
        bias_initializer=keras.initializers.Constant(LOG_VARIANCE),
        name="log_variance",
    )(means)
    means = Whitening(config.latent_dim, to_users=True, name="whitening")(means)
    return keras.Model(images, [means, log_variances], name=name)


def build_vae_decoder(config: VaeConfig, name: str = "vae_decoder") -> keras.Model:
    """Build the decoder: latents (n, D) float32 to images (n, R, R, 3), about [-1, 1] (not clipped)."""
    latents = keras.Input((config.latent_dim,), name="latents")
    first, *later = config.decoder_maps
    latents_of_training = Whitening(config.latent_dim, to_users=False, name="whitening")(latents)
    features = layers.Dense(SMALLEST * SMALLEST * first, use_bias=False, name="dense")(latents_of_training)
    features = layers.Reshape((SMALLEST, SMALLEST, first), name="square")(features)
    features = _normalize(features, "norm0")
    for number, maps in enumerate(later, start=1):
        features = layers.UpSampling2D(name=f"double{number}")(features)
        features = layers.Conv2D(maps, 3, padding="same", use_bias=False, name=f"conv{number}")(features)
        features = _normalize(features, f"norm{number}")
    features = layers.UpSampling2D(name=f"double{len(config.decoder_maps)}")(features)
    details = layers.Conv2D(3, 3, padding="same", kernel_initializer="zeros", name="to_rgb")(features)
    side = config.resolution // 2
    coarse = layers.Dense(3 * side * side, name="linear")(latents_of_training)
    coarse = layers.Reshape((side, side, 3), name="pixels")(coarse)
    coarse = layers.UpSampling2D(interpolation="bilinear", name="double_pixels")(coarse)
    return keras.Model(latents, layers.Add(name="sum")([coarse, details]), name=name)


def halve(images):
    """Images at half their size, by area: what the linear path reads."""
    return ops.average_pool(images, 2, strides=2, data_format="channels_last")


def set_linear_path(encoder: keras.Model, decoder: keras.Model, halves: np.ndarray) -> None:
    """Start the linear paths as the principal components of images, each scaled to variance 1.

    Components beyond the number of images, or of its numbers, stay as they are drawn.

    Parameters
    ----------
    encoder, decoder : as built here
    halves : float array, shape (n, R/2, R/2, 3), [-1, 1], images at half their size, n at least 2
    """
    rows = halves.reshape(len(halves), -1).astype("float32")
    mean = rows.mean(axis=0, dtype="float64")
    to_latents, to_pixels = encoder.get_layer("linear"), decoder.get_layer("linear")
    deviations, directions = leading_components(rows - mean.astype("float32"), to_latents.units)
    count = int((deviations > 1e-5 * deviations[0]).sum())
    deviations, directions = deviations[:count], directions[:, :count]
    inward, outward = (ops.convert_to_numpy(layer.kernel).copy() for layer in (to_latents, to_pixels))
    inward[:, :count] = directions / deviations
    outward[:count] = deviations[:, None] * directions.T
    to_latents.kernel.assign(inward)
    to_latents.bias.assign(-mean @ inward)
    to_pixels.kernel.assign(outward)
    to_pixels.bias.assign(mean)


def leading_components(rows: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The directions in which rows vary most, without their covariance: that of 128×128 pixels has 10⁸ entries.

    Halko, Martinsson and Tropp 2011, arXiv 0909.4061, algorithm 4.4. Exact where rows or columns are few.

    Parameters
    ----------
    rows : float32 array, shape (n, D), of mean 0
    count : int

    Returns
    -------
    deviations : float array, shape (k,), the largest first; k is `count`, or n or D if less
    directions : float array, shape (D, k), orthonormal columns
    """
    columns = min(count + EXTRA_COLUMNS, *rows.shape)
    basis = np.random.default_rng(0).standard_normal((rows.shape[1], columns), dtype="float32")
    for _ in range(ITERATIONS):
        basis = np.linalg.qr(rows.T @ (rows @ np.linalg.qr(basis)[0]))[0]
    _, lengths, turned = np.linalg.svd(rows @ basis, full_matrices=False)
    return lengths[:count] / np.sqrt(len(rows)), basis @ turned[:count].T


def _normalize(features, name):
    features = layers.BatchNormalization(momentum=0.95, name=name)(features)
    return layers.LeakyReLU(negative_slope=LEAK, name=name.replace("norm", "leak"))(features)
