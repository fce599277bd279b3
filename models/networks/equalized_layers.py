"""Layers of the progressive GAN: equalised learning rate, pixel norm, minibatch standard deviation.

Karras et al. 2018 (arXiv 1710.10196), sections 3, 4.1 and 4.2.
"""

from __future__ import annotations

import math

import keras
import numpy as np
from keras import ops

LEAK = 0.2
HE_GAIN = math.sqrt(2)  # He et al. 2015, arXiv 1502.01852, equation 10


def leaky_relu(features, leak=LEAK):
    """Leaky rectifier, with slope 0.2 as in the paper's appendix A.1."""
    return ops.leaky_relu(features, negative_slope=leak)


def pixel_norm(features, epsilon=1e-8):
    """Scale each feature vector (last axis) to unit mean square.

    Computed in float32: in float16 squares overflow from 256 on, and an epsilon of 1e-8 is nothing.

    Source: arXiv 1710.10196, section 4.2. The same formula puts latents on the hypersphere of
    radius sqrt(latent_dim).
    """
    wide = ops.cast(features, "float32")
    normed = wide * ops.rsqrt(ops.mean(ops.square(wide), axis=-1, keepdims=True) + epsilon)
    return ops.cast(normed, features.dtype)


def minibatch_deviation(features, group_size=4):
    """Append one channel: the mean standard deviation over groups of samples.

    Source: arXiv 1710.10196, section 3. Samples of a group stand `n / group_size` rows apart; a
    batch that does not divide into groups of `group_size` forms one group.

    Input shape: (n, height, width, channels). Output shape: (n, height, width, channels + 1).
    """
    n, height, width, channels = features.shape
    if n is None:  # TensorFlow: the batch size may be known at run time only
        n = ops.shape(features)[0]
        groups = ops.where(ops.equal(n % group_size, 0), n // group_size, 1)
    else:
        groups = n // group_size if n % group_size == 0 else 1
    grouped = ops.reshape(ops.cast(features, "float32"), (-1, groups, height, width, channels))
    centred = grouped - ops.mean(grouped, axis=0, keepdims=True)
    deviation = ops.sqrt(ops.mean(ops.square(centred), axis=0) + 1e-8)
    statistic = ops.mean(deviation, axis=(1, 2, 3))
    per_sample = ops.cast(ops.reshape(ops.tile(statistic, (n // groups,)), (-1, 1, 1, 1)), features.dtype)
    return ops.concatenate([features, ops.broadcast_to(per_sample, (n, height, width, 1))], axis=-1)


def upscale(images):
    """Double height and width by repeating pixels (nearest neighbour).

    Input shape: (n, h, w, c). Output shape: (n, 2h, 2w, c).
    """
    return ops.repeat(ops.repeat(images, 2, axis=1), 2, axis=2)


def downscale(images):
    """Halve height and width by averaging 2×2 pixels. Input shape (n, h, w, c), h and w even."""
    return ops.average_pool(images, 2, strides=2, padding="valid", data_format="channels_last")


def smooth(images, deviation: float):
    """Images smoothed by a Gaussian of this standard deviation in pixels; 0 leaves them as they are.

    Input shape: (n, r, r, c), and so the output.

    Source: Karras et al. 2021, "Alias-free generative adversarial networks", arXiv 2106.12423, appendix.
    """
    if not deviation:
        return images
    places = np.arange(images.shape[1])
    weights = np.exp(-(((places[:, None] - places) / deviation) ** 2) / 2)
    weights = ops.cast(weights / weights.sum(axis=1, keepdims=True), images.dtype)
    return ops.einsum("il,jm,nlmc->nijc", weights, weights, images)


def upscale_convolve(features, kernel):
    """`convolve(upscale(features), kernel)` with 4 instead of 9 products per weight pair.

    A 3×3 window over doubled pixels covers 2×2 source pixels only: each source pixel spreads over 4×4
    output pixels, by the transposed kernel of `convolve_downscale` (without its average).

    Input shape: features (n, h, w, c), kernel (3, 3, c, k). Output shape: (n, 2h, 2w, k).
    """
    spread = ops.transpose(ops.flip(_summed_by_twos(kernel), axis=(0, 1)), (0, 1, 3, 2))
    return ops.conv_transpose(features, spread, strides=2, padding="same", data_format="channels_last")


def convolve_downscale(features, kernel):
    """`downscale(convolve(features, kernel))` as one stride-2 4×4 convolution, 16 instead of 36 products.

    Input shape: features (n, h, w, c), kernel (3, 3, c, k). Output shape: (n, h/2, w/2, k).
    """
    features = ops.pad(features, ((0, 0), (1, 1), (1, 1), (0, 0)))
    averaged = _summed_by_twos(kernel) * 0.25
    return ops.conv(features, averaged, strides=2, padding="valid", data_format="channels_last")


def _summed_by_twos(kernel):
    """(3, 3, c, k) to (4, 4, c, k): the kernel convolved with 2×2 ones."""
    padded = ops.pad(kernel, ((1, 1), (1, 1), (0, 0), (0, 0)))
    return padded[1:, 1:] + padded[1:, :-1] + padded[:-1, 1:] + padded[:-1, :-1]


class EqualizedConv(keras.layers.Layer):
    """Convolution whose weights are N(0,1) and scaled at run time by gain / sqrt(fan_in).

    Source: arXiv 1710.10196, section 4.1 (He's constant). Bias after scaling, starting at zero.

    Input shape: (n, h, w, channels). Output shape: (n, h, w, maps); doubled or halved height and
    width with `resample` "up" (nearest) or "down" (average).
    """

    def __init__(self, channels, maps, size=3, gain=HE_GAIN, resample=None, **kwargs):
        super().__init__(**kwargs)
        self.scale = gain / math.sqrt(size * size * channels)
        self.resample = resample
        self.kernel = self.add_weight(
            shape=(size, size, channels, maps),
            initializer=keras.initializers.RandomNormal(0, 1),
            autocast=False,  # scaled as it is stored, and rounded once
            name="kernel",
        )
        self.bias = self.add_weight(shape=(maps,), initializer="zeros", name="bias")
        self.built = True

    def call(self, features):
        kernel = ops.cast(self.kernel * self.scale, self.compute_dtype)
        if self.resample == "up":
            features = upscale_convolve(features, kernel)
        elif self.resample == "down":
            features = convolve_downscale(features, kernel)
        else:
            features = ops.conv(features, kernel, padding="same", data_format="channels_last")
        return features + self.bias


class EqualizedDense(keras.layers.Layer):
    """Dense layer with run-time scaled weights; its bias is as `bias_shape` says, and broadcast.

    Input shape: (n, inputs). Output shape: (n, *output_shape).
    """

    def __init__(self, inputs, output_shape, bias_shape=None, gain=HE_GAIN, **kwargs):
        super().__init__(**kwargs)
        self.scale = gain / math.sqrt(inputs)
        self.output_dimensions = tuple(output_shape)
        self.kernel = self.add_weight(
            shape=(inputs, math.prod(output_shape)),
            initializer=keras.initializers.RandomNormal(0, 1),
            autocast=False,  # scaled as it is stored, and rounded once
            name="kernel",
        )
        self.bias = self.add_weight(
            shape=bias_shape or self.output_dimensions, initializer="zeros", name="bias"
        )
        self.built = True

    def call(self, features):
        outputs = ops.matmul(features, ops.cast(self.kernel * self.scale, self.compute_dtype))
        return ops.reshape(outputs, (-1, *self.output_dimensions)) + self.bias
