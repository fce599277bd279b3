"""A Fader network: a code without the attribute, and a decoder that is told the attribute.

Lample et al. 2017, arXiv 1706.00409, section 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import keras
from keras import layers

from models.networks.translators.blocks import AppendCondition, check_size, code_side
from models.networks.translators.conditions import Condition
from tlgan.axes.names import check_names
from tlgan.errors import UserError

LEAST_CODE = 4  # pixels per side; with fewer the reconstruction fails at 64 pixels
LEAK = 0.2  # of the encoder
MOST_CONDITIONS = 40


@dataclass(frozen=True)
class FaderConfig:
    """Shape of a Fader network.

    Attributes
    ----------
    resolution : int, pixels per side of the pictures
    conditions : tuple of Condition, the attributes that the decoder is told
    widths : tuple of int, maps of the encoder's layers, each of which halves the picture; the decoder mirrors them
    """

    resolution: int
    conditions: tuple[Condition, ...]
    widths: tuple[int, ...] = (32, 64, 128, 256)

    def __post_init__(self) -> None:
        object.__setattr__(self, "conditions", tuple(self.conditions))
        object.__setattr__(self, "widths", tuple(self.widths))
        check_size(self.resolution, widths=self.widths)
        code_side(self.resolution, self.widths, LEAST_CODE)
        if not 1 <= len(self.conditions) <= MOST_CONDITIONS:
            raise UserError(
                f"`conditions` must hold 1 to {MOST_CONDITIONS} attributes. Got {len(self.conditions)}. Name others."
            )
        check_names([condition.name for condition in self.conditions], "conditions")

    @property
    def shares(self) -> int:
        """Numbers that the decoder is told of a picture: one for each level of each attribute."""
        return sum(len(condition.levels) for condition in self.conditions)


class FaderNetwork(NamedTuple):
    """The two halves of a Fader network, and both as one for a weight file.

    Attributes
    ----------
    encoder : keras.Model, pictures (n, R, R, 3) float32 in [-1, 1] to codes (n, side, side, widths[-1])
    decoder : keras.Model, [codes, shares (n, S)] to pictures, float32 in [-1, 1]
    whole : keras.Model, [pictures, shares] to pictures
    """

    encoder: keras.Model
    decoder: keras.Model
    whole: keras.Model


def build_fader_network(config: FaderConfig) -> FaderNetwork:
    """Build encoder and decoder: 4×4 convolutions of stride 2 with batch norm, and their transposes.

    The shares of the levels are appended to what every layer of the decoder reads.
    """
    encoder, decoder = _encoder(config), _decoder(config)
    pictures, shares = keras.Input((config.resolution, config.resolution, 3)), keras.Input((config.shares,))
    whole = keras.Model([pictures, shares], decoder([encoder(pictures), shares]), name="fader_network")
    return FaderNetwork(encoder, decoder, whole)


def _encoder(config: FaderConfig) -> keras.Model:
    pictures = features = keras.Input((config.resolution, config.resolution, 3))
    for number, width in enumerate(config.widths):
        features = _normalized_conv(layers.Conv2D, features, width, f"encoder_{number}")
        features = layers.LeakyReLU(negative_slope=LEAK)(features)
    return keras.Model(pictures, features, name="encoder")


def _decoder(config: FaderConfig) -> keras.Model:
    side = code_side(config.resolution, config.widths, LEAST_CODE)
    codes, shares = keras.Input((side, side, config.widths[-1])), keras.Input((config.shares,))
    features = codes
    for number, width in enumerate(reversed(config.widths[:-1])):
        features = AppendCondition()(features, shares)
        features = _normalized_conv(layers.Conv2DTranspose, features, width, f"decoder_{number}")
        features = layers.ReLU()(features)
    features = AppendCondition()(features, shares)
    last = layers.Conv2DTranspose(3, 4, strides=2, padding="same", name="decoder_colours")
    pictures = layers.Activation("tanh", dtype="float32")(last(features))
    return keras.Model([codes, shares], pictures, name="decoder")


def _normalized_conv(kind, features, width: int, name: str):
    """A 4×4 convolution of stride 2, or its transpose, with batch norm."""
    conv = kind(
        width, 4, strides=2, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )
    return layers.BatchNormalization(momentum=0.95, name=f"{name}_norm")(conv(features))


def build_code_reader(config: FaderConfig, dropout: float) -> keras.Model:
    """Build the network that reads the attributes off a code, which the encoder is trained to defeat.

    Codes (n, side, side, widths[-1]) to logits of the levels, (n, S): one convolution and one hidden layer, both as
    wide as the code, with dropout before each.
    """
    side, width = code_side(config.resolution, config.widths, LEAST_CODE), config.widths[-1]
    codes = keras.Input((side, side, width))
    features = layers.Dropout(dropout, name="reader_dropout_0")(codes)
    features = layers.Conv2D(width, 4, strides=2, padding="same", name="reader_conv")(features)
    features = layers.Flatten()(layers.LeakyReLU(negative_slope=LEAK)(features))
    features = layers.Dropout(dropout, name="reader_dropout_1")(features)
    features = layers.LeakyReLU(negative_slope=LEAK)(layers.Dense(width, name="reader_hidden")(features))
    features = layers.Dropout(dropout, name="reader_dropout_2")(features)
    levels = layers.Dense(config.shares, dtype="float32", name="reader_levels")(features)
    return keras.Model(codes, levels, name="code_reader")
