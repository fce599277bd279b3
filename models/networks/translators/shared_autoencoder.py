"""One encoder and a decoder for each domain: the network of DeepFakes.

A picture of one domain that goes through the decoder of another is drawn as that one would look. After the program
of December 2017: convolutions that halve, a dense bottleneck, and decoders of pixel shuffles (Shi et al. 2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import keras
from keras import layers

from models.networks.translators.blocks import PixelShuffle, check_size, code_side
from models.networks.translators.conditions import Condition

LEAST_CODE = 2  # pixels per side
LEAK = 0.1


@dataclass(frozen=True)
class SharedAutoencoderConfig:
    """Shape of an autoencoder with one encoder and several decoders.

    Attributes
    ----------
    resolution : int, pixels per side of the pictures
    domain : Condition, the attribute whose levels have a decoder each
    widths : tuple of int, maps of the encoder's layers, each of which halves the picture
    code : int, numbers of the dense bottleneck
    decoder_widths : tuple of int, maps after each doubling; the first doubling belongs to all domains
    """

    resolution: int
    domain: Condition
    widths: tuple[int, ...] = (32, 64, 128, 128)
    code: int = 128
    decoder_widths: tuple[int, ...] = (96, 48, 32, 24)

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))
        object.__setattr__(self, "decoder_widths", tuple(self.decoder_widths))
        widths, decoder_widths = self.widths, self.decoder_widths
        check_size(self.resolution, widths=widths, code=(self.code,), decoder_widths=decoder_widths)
        code_side(self.resolution, widths, LEAST_CODE)
        code_side(self.resolution, decoder_widths, LEAST_CODE, "decoder_widths")


class SharedAutoencoder(NamedTuple):
    """An encoder, its decoders, and all of them as one for a weight file.

    Attributes
    ----------
    encoder : keras.Model, pictures (n, R, R, 3) float32 in [0, 1] to features (n, r, r, decoder_widths[0])
    decoders : tuple of keras.Model, one for each level of the domain: features to pictures
    whole : keras.Model, pictures to a list of pictures, one for each decoder
    """

    encoder: keras.Model
    decoders: tuple[keras.Model, ...]
    whole: keras.Model


def build_shared_autoencoder(config: SharedAutoencoderConfig) -> SharedAutoencoder:
    """Build the encoder and a decoder for each level of the domain."""
    encoder = _encoder(config)
    decoders = tuple(
        _decoder(config, number, encoder.output_shape) for number in range(len(config.domain.levels))
    )
    pictures = keras.Input((config.resolution, config.resolution, 3))
    features = encoder(pictures)
    whole = keras.Model(pictures, [decoder(features) for decoder in decoders], name="shared_autoencoder")
    return SharedAutoencoder(encoder, decoders, whole)


def _encoder(config: SharedAutoencoderConfig) -> keras.Model:
    pictures = features = keras.Input((config.resolution, config.resolution, 3))
    for number, width in enumerate(config.widths):
        conv = layers.Conv2D(width, 5, strides=2, padding="same", name=f"encoder_{number}")
        features = layers.LeakyReLU(negative_slope=LEAK)(conv(features))
    code = layers.Dense(config.code, name="code")(layers.Flatten()(features))
    side, maps = code_side(config.resolution, config.decoder_widths, LEAST_CODE), config.widths[-1]
    features = layers.Reshape((side, side, maps))(layers.Dense(side * side * maps, name="from_code")(code))
    return keras.Model(pictures, _doubled(features, config.decoder_widths[0], "shared_up"), name="encoder")


def _decoder(config: SharedAutoencoderConfig, number: int, input_shape) -> keras.Model:
    coded = features = keras.Input(input_shape[1:])
    for level, width in enumerate(config.decoder_widths[1:]):
        features = _doubled(features, width, f"decoder{number}_up{level}")
    last = layers.Conv2D(3, 5, padding="same", name=f"decoder{number}_colours")
    pictures = layers.Activation("sigmoid", dtype="float32")(last(features))
    return keras.Model(coded, pictures, name=f"decoder{number}")


def _doubled(features, width: int, name: str):
    """Twice the height and width: a 3×3 convolution to four times the maps, which are laid beside each other."""
    features = layers.Conv2D(4 * width, 3, padding="same", name=name)(features)
    return PixelShuffle()(layers.LeakyReLU(negative_slope=LEAK)(features))
