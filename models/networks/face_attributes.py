"""Small networks that read age and gender, and the expression, of a face.

Both are networks of face-api.js (MIT). The first is a small Xception (Chollet 2017, arXiv 1610.02357), the
second has blocks whose layers read the sum of all layers before them, after DenseNet (Huang et al. 2017,
arXiv 1608.06993).
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers, ops

EXPRESSIONS = ("neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised")


@dataclass(frozen=True)
class AgeGenderConfig:
    """Shape of the network that reads age and gender.

    Attributes
    ----------
    size : int, pixels per side of the face that it reads
    widths : tuple of 5 int, feature maps, from fine to coarse
    """

    size: int = 112
    widths: tuple[int, ...] = (32, 64, 128, 256, 512)

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))


@dataclass(frozen=True)
class ExpressionConfig:
    """Shape of the network that reads the expression.

    Attributes
    ----------
    size : int, pixels per side of the face that it reads
    widths : tuple of int, feature maps of each block, from fine to coarse
    """

    size: int = 112
    widths: tuple[int, ...] = (32, 64, 128, 256)

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))


def build_age_gender(config: AgeGenderConfig, name: str = "age_gender") -> keras.Model:
    """Build the network: pixels (n, size, size, 3) float32, less their mean and divided by 255, to age and gender.

    Outputs: `fc.age` (n, 1), years; `fc.gender` (n, 2), logits of male and female; `features` (n, F), what the
    two are read from. Layers are named as in the published weights, with dots for slashes.
    """
    pixels = keras.Input((config.size, config.size, 3), name="pixels")
    first, second, third, fourth, last = config.widths
    maps = _relu(_conv(pixels, first, "entry_flow.conv_in", size=3, stride=2))
    maps = _reduction(maps, second, "entry_flow.reduction_block_0", active=False)
    maps = _reduction(maps, third, "entry_flow.reduction_block_1")
    for block in range(2):
        branch = maps
        for number in range(3):
            layer = f"middle_flow.main_block_{block}.separable_conv{number}"
            branch = _separable(_relu(branch), third, layer)
        maps = branch + maps
    maps = _reduction(maps, fourth, "exit_flow.reduction_block")
    means = _mean(_relu(_separable(maps, last, "exit_flow.separable_conv")))
    age, gender = layers.Dense(1, name="fc.age")(means), layers.Dense(2, name="fc.gender")(means)
    return keras.Model(pixels, [age, gender, means], name=name)


def build_expression(config: ExpressionConfig, name: str = "expression") -> keras.Model:
    """Build the network: pixels as for `build_age_gender` to an expression.

    Outputs: `fc` (n, 7), logits of the classes `EXPRESSIONS`; `features` (n, F), what they are read from.
    Layers are named as in the published weights, with dots for slashes.
    """
    pixels = keras.Input((config.size, config.size, 3), name="pixels")
    maps = pixels
    for number, width in enumerate(config.widths):
        block = f"dense{number}"
        start = _conv if number == 0 else _separable
        total = _relu(start(maps, width, f"{block}.conv0", stride=2))
        maps = total
        for layer in range(1, 4):
            total = total + _separable(maps, width, f"{block}.conv{layer}")
            maps = _relu(total)
    means = _mean(maps)
    expression = layers.Dense(len(EXPRESSIONS), name="fc")(means)
    return keras.Model(pixels, [expression, means], name=name)


def _reduction(maps, width, name, active=True):
    branch = _separable(_relu(maps) if active else maps, width, f"{name}.separable_conv0")
    branch = _separable(_relu(branch), width, f"{name}.separable_conv1")
    branch = layers.MaxPooling2D(3, 2, padding="same", data_format="channels_last")(branch)
    return branch + _conv(maps, width, f"{name}.expansion_conv", size=1, stride=2)


def _conv(maps, width, name, size=3, stride=1):
    return layers.Conv2D(
        width,
        size,
        stride,
        padding="same",
        data_format="channels_last",
        kernel_initializer="zeros",
        name=name,
    )(maps)


def _separable(maps, width, name, stride=1):
    return layers.SeparableConv2D(
        width,
        3,
        stride,
        padding="same",
        data_format="channels_last",
        depthwise_initializer="zeros",
        pointwise_initializer="zeros",
        name=name,
    )(maps)


def _mean(maps):
    return layers.GlobalAveragePooling2D(data_format="channels_last", name="features")(maps)


def _relu(maps):
    # TensorFlow's graph optimiser fails on the relu of a sum that other layers read too, and prints an error.
    return ops.maximum(maps, 0.0)
