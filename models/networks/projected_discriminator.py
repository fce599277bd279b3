"""A discriminator that looks at the features of a frozen classifier.

Sauer, Chitta, Müller, Geiger 2021, "Projected GANs converge faster", arXiv 2111.01007, section 3:
features at four scales are mixed across channels (random 1×1 convolutions) and across scales (random
3×3 convolutions from coarse to fine), and one small discriminator scores each scale. The mixing is
never trained; spectral norm after Miyato et al. 2018, arXiv 1802.05957, algorithm 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from models.networks.efficientnet_lite import TAPPED_CHANNELS, TAPPED_STRIDES, EfficientNetLite
from models.networks.equalized_layers import leaky_relu, minibatch_deviation, upscale
from tlgan.errors import UserError


@dataclass(frozen=True)
class ProjectedConfig:
    """Shape of a projected discriminator.

    Attributes
    ----------
    resolution : int, pixels per side at which the frozen network sees pictures, a multiple of 32; smaller
        and larger pictures are resized to it
    mixed_maps : tuple of 4 int, channels of the mixed features, from fine to coarse
    head_maps : int, channels of the discriminator heads at their coarsest scale
    seed : int, of the random mixing
    """

    resolution: int = 64
    mixed_maps: tuple[int, ...] = (64, 64, 128, 256)
    head_maps: int = 128
    seed: int = 0

    def __post_init__(self) -> None:
        if self.resolution % 32 or self.resolution < 32:
            raise UserError(f"`resolution` must be a multiple of 32. Got {self.resolution}.")
        object.__setattr__(self, "mixed_maps", tuple(self.mixed_maps))
        if len(self.mixed_maps) != len(TAPPED_CHANNELS):
            raise UserError(
                f"`mixed_maps` must have {len(TAPPED_CHANNELS)} entries. Got {len(self.mixed_maps)}."
            )


class RandomConv(keras.layers.Layer):
    """Convolution with random weights that are never trained, drawn for unit variance of its output.

    Input shape: (n, h, w, channels). Output shape: (n, h, w, maps).
    """

    def __init__(self, channels, maps, size, seed, **kwargs):
        super().__init__(trainable=False, **kwargs)
        self.kernel = self.add_weight(
            shape=(size, size, channels, maps), initializer="zeros", trainable=False, name="kernel"
        )
        random = np.random.Generator(np.random.Philox(key=[seed, channels * size + maps]))
        kernel = random.standard_normal(self.kernel.shape) / math.sqrt(size * size * channels)
        self.kernel.assign(kernel.astype("float32"))
        self.built = True

    def call(self, features):
        return ops.conv(features, self.kernel, padding="same", data_format="channels_last")


class SpectralConv(keras.layers.Layer):
    """Convolution whose kernel is divided by its largest singular value.

    One step of the power iteration refines the estimate at every call with `training=True`.

    Input shape: (n, h, w, channels). Output shape: (n, h', w', maps).
    """

    def __init__(self, channels, maps, size, stride=1, padding="same", **kwargs):
        super().__init__(**kwargs)
        self.stride, self.padding = stride, padding
        self.kernel = self.add_weight(
            shape=(size, size, channels, maps), initializer="glorot_uniform", autocast=False, name="kernel"
        )
        self.bias = self.add_weight(shape=(maps,), initializer="zeros", name="bias")
        self.vector = self.add_weight(
            shape=(1, maps), initializer="random_normal", trainable=False, autocast=False, name="vector"
        )
        self.built = True

    def call(self, features, training=False):
        matrix = ops.reshape(self.kernel, (-1, self.kernel.shape[-1]))
        vector, still = self.vector + 0.0, ops.stop_gradient(matrix)
        left = _unit(ops.matmul(vector, ops.transpose(still)))
        right = _unit(ops.matmul(left, still))
        if training:
            self.vector.assign(right)
        norm = ops.sum(ops.matmul(left, matrix) * right)
        kernel = ops.cast(self.kernel / norm, self.compute_dtype)
        features = ops.conv(
            features, kernel, strides=self.stride, padding=self.padding, data_format="channels_last"
        )
        return features + self.bias


def _unit(vector):
    return vector / (ops.sqrt(ops.sum(ops.square(vector))) + 1e-12)


def standardize(features):
    """Features with mean 0 and deviation 1 in each channel of the batch, computed in float32.

    Input shape: (n, h, w, channels), and so the output.
    """
    wide = ops.cast(features, "float32")
    mean = ops.mean(wide, axis=(0, 1, 2), keepdims=True)
    centred = wide - mean
    deviation = ops.sqrt(ops.mean(ops.square(centred), axis=(0, 1, 2), keepdims=True) + 1e-5)
    return ops.cast(centred / deviation, features.dtype)


class ProjectedDiscriminator(keras.Model):
    """Scores images at four scales of a frozen network's features: positive means taken for real.

    Input shape: (n, r, r, 3), float32, [-1, 1].
    Output shape: (n, 4), float32: the mean score of each head, from the finest scale to the coarsest.
    A row's score depends on the batch, whose statistics standardise the features.

    Parameters
    ----------
    backbone : EfficientNetLite, frozen; not among the variables that checkpoints hold
    """

    def __init__(self, config: ProjectedConfig, backbone: EfficientNetLite, dtype=None, **kwargs):
        super().__init__(dtype=dtype, autocast=False, **kwargs)
        self.config, policy = config, self.dtype_policy
        self._hidden = lambda: backbone  # Keras would count the variables of an attribute as this model's
        widths = config.mixed_maps
        self.channel_mixing = [
            RandomConv(channels, maps, 1, config.seed + level, dtype=policy, name=f"channel_mixing{level}")
            for level, (channels, maps) in enumerate(zip(TAPPED_CHANNELS, widths, strict=True))
        ]
        self.scale_mixing = [
            RandomConv(
                widths[level + 1],
                widths[level],
                3,
                config.seed + 10 + level,
                dtype=policy,
                name=f"scale_mixing{level}",
            )
            for level in range(len(widths) - 1)
        ]
        self.heads = [
            self._head(level, maps, config.resolution // stride, policy)
            for level, (maps, stride) in enumerate(zip(widths, TAPPED_STRIDES, strict=True))
        ]
        self.built = True

    @property
    def backbone(self) -> EfficientNetLite:
        """The frozen network."""
        return self._hidden()

    def _head(self, level, channels, size, policy):
        layers, width = [], self.config.head_maps
        while size > 4:
            layers.append(SpectralConv(channels, width, 4, 2, dtype=policy, name=f"head{level}_down{size}"))
            channels, size = width, size // 2
        # One channel more: how much the pictures of the batch differ.
        layers.append(SpectralConv(channels + 1, width, 3, dtype=policy, name=f"head{level}_conv"))
        layers.append(SpectralConv(width, 1, 1, dtype=policy, name=f"head{level}_score"))
        return layers

    def features(self, images):
        """Mixed features of images, from the finest scale to the coarsest."""
        backbone, size = self.backbone, self.config.resolution
        if images.shape[1] != size:
            images = ops.image.resize(
                images, (size, size), interpolation="bilinear", data_format="channels_last"
            )
        taps = [mix(tap) for mix, tap in zip(self.channel_mixing, backbone(images), strict=True)]
        mixed = [standardize(taps[-1])]
        for level in range(len(taps) - 2, -1, -1):
            coarse = upscale(self.scale_mixing[level](mixed[0]))
            mixed.insert(0, standardize(standardize(taps[level]) + standardize(coarse)))
        return mixed

    def call(self, images, training=False):
        scores = []
        for features, layers in zip(self.features(images), self.heads, strict=True):
            *down, conv, score = layers
            for layer in down:
                features = leaky_relu(standardize(layer(features, training=training)))
            features = minibatch_deviation(features)
            features = leaky_relu(standardize(conv(features, training=training)))
            outputs = ops.cast(score(features, training=training), "float32")
            scores.append(ops.mean(outputs, axis=(1, 2, 3)))
        return ops.stack(scores, axis=1)
