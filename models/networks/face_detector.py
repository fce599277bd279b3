"""A small network that says where in a picture there are faces.

The tiny face detector of face-api.js (MIT): separable convolutions and one convolution that scores boxes of
five shapes in every cell of a grid, after YOLO 2 (Redmon and Farhadi 2017, arXiv 1612.08242).
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers, ops

BOX_SHAPES, BOX_NUMBERS = 5, 5  # of a box: place (2), size (2) and whether it holds a face


@dataclass(frozen=True)
class FaceDetectorConfig:
    """Shape of a detector.

    Attributes
    ----------
    size : int, pixels per side of the picture that it reads; its grid has a 32nd of that
    widths : tuple of 6 int, feature maps, from fine to coarse
    """

    size: int = 96
    widths: tuple[int, ...] = (16, 32, 64, 128, 256, 512)

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))


def build_face_detector(config: FaceDetectorConfig, name: str = "face_detector") -> keras.Model:
    """Build the network: pixels (n, size, size, 3) float32, less their mean and divided by 255, to logits (n, 1).

    The logit is that of the likeliest box: above 0 a face is found.
    """
    pixels = keras.Input((config.size, config.size, 3), name="pixels")
    maps = layers.Conv2D(
        config.widths[0],
        3,
        padding="valid",
        data_format="channels_last",
        kernel_initializer="zeros",
        name="conv0",
    )(pixels)
    maps = _pool(ops.leaky_relu(maps, 0.1), 2)
    for number, width in enumerate(config.widths[1:], 1):
        maps = layers.SeparableConv2D(
            width,
            3,
            padding="same",
            data_format="channels_last",
            depthwise_initializer="zeros",
            pointwise_initializer="zeros",
            name=f"conv{number}",
        )(maps)
        maps = _pool(ops.leaky_relu(maps, 0.1), 1 if number == len(config.widths) - 1 else 2)
    boxes = layers.Conv2D(BOX_SHAPES * BOX_NUMBERS, 1, data_format="channels_last", name="conv8")(maps)
    faces = ops.reshape(
        boxes[..., BOX_NUMBERS - 1 :: BOX_NUMBERS], (-1, boxes.shape[1] * boxes.shape[2] * BOX_SHAPES)
    )
    return keras.Model(pixels, ops.max(faces, axis=1, keepdims=True), name=name)


def _pool(maps, stride):
    return layers.MaxPooling2D(2, stride, padding="same", data_format="channels_last")(maps)
