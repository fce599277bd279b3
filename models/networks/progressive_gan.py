"""The progressive GAN's generator and discriminator, written from the paper.

Karras, Aila, Laine, Lehtinen: Progressive growing of GANs for improved quality, stability, and
variation. ICLR 2018, arXiv 1710.10196; layer table in appendix A.1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import keras
from keras import ops

from models.networks.equalized_layers import (
    LEAK,
    EqualizedConv,
    EqualizedDense,
    downscale,
    leaky_relu,
    minibatch_deviation,
    pixel_norm,
    upscale,
)
from tlgan.errors import UserError

WIDEST = 2**16  # latents or feature maps; published networks have 512
SMALLEST = 4  # both networks begin and end at 4×4 pixels


def feature_maps(
    resolution: int, base: int = 8192, maximum: int = 512, decay: float = 1.0
) -> tuple[int, ...]:
    """Widths at 4, 8, …, `resolution` pixels: min(base / 2^(stage·decay), maximum), stage 1 at 4×4."""
    stages = range(1, int(math.log2(resolution)))
    return tuple(max(1, min(int(base / 2.0 ** (stage * decay)), maximum)) for stage in stages)


def resolutions_to(resolution: int) -> tuple[int, ...]:
    """4, 8, …, `resolution`."""
    return tuple(2**power for power in range(2, int(math.log2(resolution)) + 1))


@dataclass(frozen=True)
class GanConfig:
    """Shape of a generator or discriminator.

    Attributes
    ----------
    resolution : int, a power of two from 8 to 1024, pixels per side
    latent_dim : int, length of a latent (generator only)
    maps : tuple of int, feature maps at 4, 8, …, resolution
    channels : int, colours of an image
    bias_per_pixel : bool, the first dense layer has one bias per output instead of one per map
        (a PyTorch variant; the published network has one per map)
    normalize_latents : bool, put latents on the hypersphere first
    pixel_norm : bool, normalise feature vectors after each activation
    pixel_norm_epsilon : float
    smooth_before_activation : bool, discriminator only: average 2×2 pixels before bias and
        activation (the published code's fused form) instead of after them (the paper's table)
    leak : float, slope of the rectifier below zero; 0 is a plain rectifier
    score_maps : int or None, discriminator only: width of its dense layer (None: `maps[0]`)
    """

    resolution: int
    latent_dim: int
    maps: tuple[int, ...]
    channels: int = 3
    bias_per_pixel: bool = False
    normalize_latents: bool = True
    pixel_norm: bool = True
    pixel_norm_epsilon: float = 1e-8
    smooth_before_activation: bool = True
    leak: float = LEAK
    score_maps: int | None = None

    def __post_init__(self) -> None:
        power = math.log2(self.resolution) if self.resolution > 0 else 0
        if power != int(power) or not 3 <= power <= 10:
            raise UserError(f"`resolution` must be a power of two from 8 to 1024. Got {self.resolution}.")
        object.__setattr__(self, "maps", tuple(int(maps) for maps in self.maps))
        if len(self.maps) != int(power) - 1:
            raise UserError(
                f"`maps` must have one entry for each of {resolutions_to(self.resolution)}. Got {self.maps}."
            )
        for name, value in (("latent_dim", self.latent_dim), *(("maps", width) for width in self.maps)):
            if not 1 <= value <= WIDEST:
                raise UserError(f"`{name}` must be from 1 to {WIDEST}. Got {value}.")


class ProgressiveGenerator(keras.Model):
    """Draws images from latents.

    Input shape: latents (n, latent_dim), float32.
    Output shape: (n, r, r, channels), float32, about [-1, 1] (not clipped), where r is the
    resolution asked for (the full one by default).

    With `dtype` "mixed_float16" or "mixed_bfloat16" the convolutions and what lies between them compute
    in 16 bits; weights, latents, the sums of pixel norm and the colours stay float32.

    While a resolution fades in, `fade` in [0, 1] blends its picture with the doubled picture of
    the resolution below (arXiv 1710.10196, figure 2).
    """

    def __init__(self, config: GanConfig, dtype=None, **kwargs):
        super().__init__(dtype=dtype, autocast=False, **kwargs)
        self.config = config
        policy, first = self.dtype_policy, config.maps[0]
        self.dense = EqualizedDense(
            config.latent_dim,
            (SMALLEST, SMALLEST, first),
            bias_shape=None if config.bias_per_pixel else (first,),
            gain=math.sqrt(2) / 4,  # as published
            dtype=policy,
            name="dense",
        )
        self.first_conv = EqualizedConv(first, first, dtype=policy, name="conv4")
        self.up_convs, self.convs = [], []
        sizes = resolutions_to(config.resolution)
        for size, before, after in zip(sizes[1:], config.maps, config.maps[1:], strict=False):
            up_conv = EqualizedConv(before, after, resample="up", dtype=policy, name=f"conv{size}_up")
            self.up_convs.append(up_conv)
            self.convs.append(EqualizedConv(after, after, dtype=policy, name=f"conv{size}"))
        self.to_rgb = [
            EqualizedConv(width, config.channels, size=1, gain=1.0, dtype="float32", name=f"to_rgb{size}")
            for size, width in zip(sizes, config.maps, strict=True)
        ]
        self.built = True

    def activate(self, features):
        features = leaky_relu(features, self.config.leak)
        return pixel_norm(features, self.config.pixel_norm_epsilon) if self.config.pixel_norm else features

    def call(self, latents, resolution=None, fade=None):
        stage = _stage(resolution or self.config.resolution)
        if self.config.normalize_latents:
            latents = pixel_norm(latents, self.config.pixel_norm_epsilon)
        features = self.activate(self.dense(latents))
        features = previous = self.activate(self.first_conv(features))
        for up_conv, conv in zip(self.up_convs[:stage], self.convs[:stage], strict=True):
            previous = features
            features = self.activate(conv(self.activate(up_conv(features))))
        images = self.to_rgb[stage](features)
        if fade is not None and stage > 0:
            images = upscale(self.to_rgb[stage - 1](previous)) * (1 - fade) + images * fade
        return images


class ProgressiveDiscriminator(keras.Model):
    """Scores images: positive means taken for real.

    Input shape: (n, r, r, channels), float32, [-1, 1], r any of the network's resolutions.
    Output shape: (n,), float32. The score depends on the batch through the minibatch deviation
    (arXiv 1710.10196, section 3), in groups of four.
    """

    def __init__(self, config: GanConfig, dtype=None, **kwargs):
        super().__init__(dtype=dtype, autocast=False, **kwargs)
        self.config = config
        policy = self.dtype_policy
        sizes = resolutions_to(config.resolution)
        self.from_rgb = [
            EqualizedConv(config.channels, width, size=1, dtype=policy, name=f"from_rgb{size}")
            for size, width in zip(sizes, config.maps, strict=True)
        ]
        resample = "down" if config.smooth_before_activation else None
        self.convs, self.down_convs = [], []
        for size, before, after in zip(sizes[1:], config.maps, config.maps[1:], strict=False):
            self.convs.append(EqualizedConv(after, after, dtype=policy, name=f"conv{size}"))
            self.down_convs.append(
                EqualizedConv(after, before, resample=resample, dtype=policy, name=f"conv{size}_down")
            )
        first = config.maps[0]
        self.last_conv = EqualizedConv(first + 1, first, dtype=policy, name="conv4")
        width = config.score_maps or first
        self.dense = EqualizedDense(SMALLEST * SMALLEST * first, (width,), dtype=policy, name="dense")
        self.score = EqualizedDense(width, (1,), gain=1.0, dtype="float32", name="score")
        self.built = True

    def call(self, images, fade=None):
        stage, leak = _stage(images.shape[1]), self.config.leak
        features = leaky_relu(self.from_rgb[stage](images), leak)
        for level in range(stage - 1, -1, -1):
            features = leaky_relu(self.convs[level](features), leak)
            features = self.down_convs[level](features)
            features = leaky_relu(features, leak)
            if not self.config.smooth_before_activation:
                features = downscale(features)
            if fade is not None and level == stage - 1:
                below = leaky_relu(self.from_rgb[level](downscale(images)), leak)
                share = ops.cast(fade, features.dtype)
                features = below * (1 - share) + features * share
        features = leaky_relu(self.last_conv(minibatch_deviation(features)), leak)
        features = ops.reshape(features, (-1, SMALLEST * SMALLEST * self.config.maps[0]))
        return self.score(leaky_relu(self.dense(features), leak))[:, 0]


def _stage(resolution):
    """0 at 4×4, 1 at 8×8, …"""
    return int(math.log2(resolution)) - 2
