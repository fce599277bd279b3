"""Load a frozen network whose feature maps tell how alike two pictures are, as a function of tensors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
from keras import ops

from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn
from models.weights.build import build_network, read_config
from models.weights.locate import find_weights
from models.weights.weight_file import read_weights
from tlgan.errors import UserError


class FrozenFeatures(NamedTuple):
    """Feature maps of a network that is not trained.

    Attributes
    ----------
    resolution : int, pixels per side of the pictures that it reads
    sha256 : str, of its file
    describe : callable, tensor of images (n, r, r, 3) in [-1, 1], of any size, to a list of tensors
        (n, …, channels): the last feature map of each size, and the description that its last layer reads
    """

    resolution: int
    sha256: str
    describe: Callable[[Any], list]


def load_frozen_features(path_or_name: str | Path, role: str = "labeller") -> FrozenFeatures:
    """Load the feature maps of an attribute network of ours.

    Parameters
    ----------
    path_or_name : its file, or its name
    role : "labeller" or "judge", which of the networks of that name

    Raises
    ------
    UserError
        Where there is none of that name, or the file is another network.

    Example
    -------
    >>> features = load_frozen_features("celeba64")
    >>> [maps.shape for maps in features.describe(ops.zeros((1, 64, 64, 3)))]
    """
    path = find_weights(path_or_name, role)
    weights = read_weights(path)
    if weights.kind != "attribute_cnn":
        raise UserError(
            f"{path}: must be an attribute network, whose layers are known. Got a {weights.kind}; name another."
        )
    config = read_config({**weights.config, "application_weights": ""}, AttributeCnnConfig, str(path))
    network = build_network(lambda: build_attribute_cnn(config), weights.variables, str(path))
    network.trainable = False
    tapped = keras.Model(network.input, _last_of_each_size(network))
    size = config.resolution

    def describe(images):
        if images.shape[1] != size:
            images = ops.image.resize(images, (size, size), antialias=True, data_format="channels_last")
        return list(tapped(images, training=False))

    return FrozenFeatures(size, weights.sha256, describe)


def _last_of_each_size(network: keras.Model) -> list:
    """The last output of each number of pixels, the picture itself left out, and the description of the whole."""
    by_side = {
        layer.output.shape[1]: layer.output
        for layer in network.layers
        if not isinstance(layer, keras.layers.InputLayer) and len(getattr(layer.output, "shape", ())) == 4
    }
    return [*by_side.values(), network.output[1]]
