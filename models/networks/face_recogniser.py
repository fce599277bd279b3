"""A residual network that describes a face by 128 numbers, near each other for pictures of one person.

The network of dlib (King 2009, "Dlib-ml: A machine learning toolkit"; `dnn_face_recognition`): the residual
network of 34 layers of He et al. 2016, arXiv 1512.03385, with fewer layers and half the feature maps. Its
batch norms are folded into its convolutions here.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers, ops

# Residual blocks of each width, behind the one that halves the picture.
DEPTHS = (3, 3, 2, 2)


@dataclass(frozen=True)
class FaceRecogniserConfig:
    """Shape of a recogniser.

    Attributes
    ----------
    size : int, pixels per side of the face that it reads
    widths : tuple of 4 int, feature maps, from fine to coarse
    features : int, numbers that describe a face
    """

    size: int = 150
    widths: tuple[int, ...] = (32, 64, 128, 256)
    features: int = 128

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))


def build_face_recogniser(config: FaceRecogniserConfig, name: str = "face_recogniser") -> keras.Model:
    """Build the network: pixels (n, size, size, 3) float32, less their mean and divided by 256, to (n, features).

    Layers are named as in the published weights, with dots for slashes.
    """
    pixels = keras.Input((config.size, config.size, 3), name="pixels")
    first, *others = config.widths
    maps = _conv(pixels, first, f"conv{first}_down", size=7, stride=2)
    maps = layers.MaxPooling2D(3, 2, padding="valid", data_format="channels_last")(maps)
    for block in range(DEPTHS[0]):
        maps = _residual(maps, f"conv{first}_{block + 1}")
    for width, depth in zip(others, DEPTHS[1:], strict=True):
        maps = _residual_down(maps, width, f"conv{width}_down")
        for block in range(depth):
            maps = _residual(maps, f"conv{width}_{block + 1}")
    maps = _residual_down(maps, others[-1], f"conv{others[-1]}_down_out")
    means = layers.GlobalAveragePooling2D(data_format="channels_last")(maps)
    return keras.Model(pixels, layers.Dense(config.features, use_bias=False, name="fc")(means), name=name)


def _conv(maps, width, name, size=3, stride=1, activation="relu"):
    return layers.Conv2D(
        width,
        size,
        strides=stride,
        padding="same" if stride == 1 else "valid",
        data_format="channels_last",
        activation=activation,
        kernel_initializer="zeros",
        name=name,
    )(maps)


def _residual(maps, name):
    branch = _conv(maps, maps.shape[-1], f"{name}.conv1")
    branch = _conv(branch, maps.shape[-1], f"{name}.conv2", activation=None)
    return ops.relu(branch + maps)


def _residual_down(maps, width, name):
    """Halve the picture; the shorter branch is filled with zeros below, at the right and in new channels."""
    branch = _conv(maps, width, f"{name}.conv1", stride=2)
    branch = _conv(branch, width, f"{name}.conv2", activation=None)
    pooled = layers.AveragePooling2D(2, padding="valid", data_format="channels_last")(maps)
    rows, columns = pooled.shape[1] - branch.shape[1], pooled.shape[2] - branch.shape[2]
    branch = ops.pad(branch, ((0, 0), (0, rows), (0, columns), (0, 0)))
    pooled = ops.pad(pooled, ((0, 0), (0, 0), (0, 0), (0, width - pooled.shape[-1])))
    return ops.relu(pooled + branch)
