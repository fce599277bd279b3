"""Load a network that changes pictures: a Fader network, or an autoencoder with a decoder for each domain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from keras import ops
from numpy.typing import NDArray

from models.inference.compile import run_in_batches
from models.networks.translators.conditions import Condition, condition_shares
from models.networks.translators.fader_network import FaderConfig, FaderNetwork, build_fader_network
from models.networks.translators.shared_autoencoder import (
    SharedAutoencoder,
    SharedAutoencoderConfig,
    build_shared_autoencoder,
)
from models.weights.build import build_network, check_activations, largest_activation, read_config
from models.weights.locate import find_weights
from models.weights.weight_file import Weights, read_weights
from tlgan.errors import NonFiniteError, UserError

BATCH = 8  # pictures at a time; fewer are filled up, and a slider waits for that

Images = NDArray[np.uint8]


@dataclass(frozen=True)
class LoadedTranslator:
    """A `Translator` whose condition is values of attributes.

    Attributes
    ----------
    name : str
    resolution : int, pixels per side
    sha256 : str, hash of its weight file
    conditions : tuple of Condition, the attributes that it takes, one column of a condition for each
    blends : bool, whether it draws between two levels; else it draws as the nearest level says
    draw : callable, images and shares of levels (n, S) to images
    encode : callable, images to codes, float32 (n, F): what is left of a picture before the condition is told
    """

    name: str
    resolution: int
    sha256: str
    conditions: tuple[Condition, ...]
    blends: bool
    draw: Callable[[Images, NDArray[np.float32]], Images] = field(repr=False, compare=False)
    encode: Callable[[Images], NDArray[np.float32]] = field(repr=False, compare=False)

    def __call__(self, images: Images, condition: NDArray[np.floating] | None = None) -> Images:
        """Images redrawn as a condition says.

        Parameters
        ----------
        images : uint8 array, shape (n, R, R, 3)
        condition : float array, shape (n, len(conditions)), values in the attributes' own units: 0 or 1 of a
            binary one

        Returns
        -------
        uint8 array, shape (n, R, R, 3)

        Raises
        ------
        UserError
            Where images or condition are of another shape or type, or a value is not known.
        """
        images = self._checked(images)
        names = ", ".join(known.name for known in self.conditions)
        if condition is None or len(condition) != len(images):
            raise UserError(
                f"`condition` must have one row of {names} for each of {len(images)} images. Got "
                f"{'none' if condition is None else len(condition)}."
            )
        return self.draw(images, condition_shares(self.conditions, condition))

    def nearest_condition(self, images: Images) -> NDArray[np.float64]:
        """The levels with which each image is redrawn most like itself, by mean absolute error.

        It stands for the values of a picture without labels. Attributes are chosen one after the other, those to
        come at their first level.

        Parameters
        ----------
        images : uint8 array, shape (n, R, R, 3)

        Returns
        -------
        float64 array, shape (n, len(conditions))
        """
        images = self._checked(images)
        nearest = np.tile([known.levels[0] for known in self.conditions], (len(images), 1))
        for place, known in enumerate(self.conditions):
            tried = np.repeat(nearest, len(known.levels), axis=0)
            tried[:, place] = np.tile(known.levels, len(images))
            repeated = np.repeat(images, len(known.levels), axis=0)
            errors = np.abs(self(repeated, tried).astype(np.int16) - repeated).mean(axis=(1, 2, 3))
            best = errors.reshape(len(images), len(known.levels)).argmin(axis=1)
            nearest[:, place] = np.array(known.levels)[best]
        return nearest

    def codes(self, images: Images) -> NDArray[np.float32]:
        """Codes of images, float32 (n, F); see `encode`."""
        return self.encode(self._checked(images))

    def _checked(self, images: Images) -> Images:
        images, size = np.asarray(images), self.resolution
        if images.dtype != np.uint8 or images.shape[1:] != (size, size, 3):
            raise UserError(
                f"`images` must be uint8 of shape (n, {size}, {size}, 3) for {self.name}. Got {images.dtype} "
                f"{images.shape}."
            )
        return images


def load_translator(path_or_name: str | Path) -> LoadedTranslator:
    """Load a translator by the file or the name of a trained network.

    Raises
    ------
    UserError
        Where there is none of that name, or the file is no translator.

    Example
    -------
    >>> translator = models.load_translator("fader")
    >>> smiling = translator(images, np.ones((len(images), 1)))  # uint8 (n, R, R, 3)
    """
    path = find_weights(path_or_name, "translator")
    weights = read_weights(path)
    if weights.kind in TRANSLATOR_NETWORKS:
        return _LOADERS[weights.kind](path, weights)
    raise UserError(f"{path}: must be a translator. Got a {weights.kind}. Name another file.")


def _load_fader(path: Path, weights: Weights) -> LoadedTranslator:
    config = read_config(weights.config, FaderConfig, str(path))
    built: list[FaderNetwork] = []
    _fill(lambda: _built(built, build_fader_network(config)), weights, path)
    network = built[-1]
    return _loaded(
        path,
        weights,
        config,
        config.conditions,
        True,
        lambda images, shares: draw_fader(network, images, shares),
        lambda images: network.encoder(to_signed_range(images), training=False),
    )


def _load_shared_autoencoder(path: Path, weights: Weights) -> LoadedTranslator:
    config = read_config(weights.config, SharedAutoencoderConfig, str(path))
    built: list[SharedAutoencoder] = []
    _fill(lambda: _built(built, build_shared_autoencoder(config)), weights, path)
    network = built[-1]
    return _loaded(
        path,
        weights,
        config,
        (config.domain,),
        False,
        lambda images, shares: draw_domains(network, images, shares.argmax(axis=1)),
        lambda images: network.encoder(to_unit_range(images), training=False),
    )


_LOADERS = {"fader_network": _load_fader, "shared_autoencoder": _load_shared_autoencoder}
TRANSLATOR_NETWORKS = tuple(_LOADERS)  # kinds of weight files


def _built(built: list, network):
    built.append(network)
    return network.whole


def _fill(build: Callable, weights: Weights, path: Path) -> None:
    network = build_network(build, weights.variables, str(path))
    check_activations(largest_activation(network), weights.variables, str(path))


def _loaded(path: Path, weights: Weights, config, conditions, blends, draw, encode) -> LoadedTranslator:
    def codes(images):
        flat = ops.convert_to_numpy(encode(images))
        return [flat.reshape(len(flat), -1)]

    return LoadedTranslator(
        name=path.name.removesuffix(".h5"),
        resolution=config.resolution,
        sha256=weights.sha256,
        conditions=conditions,
        blends=blends,
        draw=draw,
        encode=run_in_batches(codes, BATCH),
    )


def draw_fader(network: FaderNetwork, images: Images, shares: NDArray[np.float32]) -> Images:
    """Images as a Fader network draws them with these shares of the levels.

    Parameters
    ----------
    images : uint8 array, shape (n, R, R, 3)
    shares : float32 array, shape (n, S)
    """

    def draw(rows):
        drawn = network.whole([to_signed_range(images[rows]), shares[rows]], training=False)
        return [_to_bytes((ops.convert_to_numpy(drawn) + 1) * 127.5, network.whole.name)]

    return run_in_batches(draw, BATCH)(np.arange(len(images))) if len(images) else images


def draw_domains(network: SharedAutoencoder, images: Images, domains: NDArray[np.integer]) -> Images:
    """Images as the decoders of their domains draw them.

    Parameters
    ----------
    images : uint8 array, shape (n, R, R, 3)
    domains : int array, shape (n,), number of the decoder for each image
    """
    drawn = np.empty_like(images)
    for number in np.unique(domains):
        rows = np.flatnonzero(domains == number)
        decoder = network.decoders[number]

        def draw(batch, decoder=decoder):
            pictures = decoder(network.encoder(to_unit_range(batch), training=False), training=False)
            return [_to_bytes(ops.convert_to_numpy(pictures) * 255, network.whole.name)]

        drawn[rows] = run_in_batches(draw, BATCH)(images[rows])
    return drawn


def to_signed_range(images: Images) -> NDArray[np.float32]:
    """Bytes as float32 in [-1, 1]."""
    return images.astype(np.float32) / 127.5 - 1.0


def to_unit_range(images: Images) -> NDArray[np.float32]:
    """Bytes as float32 in [0, 1]."""
    return images.astype(np.float32) / np.float32(255)


def _to_bytes(pictures: NDArray[np.float32], name: str) -> Images:
    if not np.isfinite(pictures).all():
        raise NonFiniteError(f"`{name}` draws NaN or infinity. Train it again, or ask for a smaller change.")
    return np.clip(np.rint(pictures), 0, 255).astype(np.uint8)
