"""Load a frozen network whose features at several scales say what of a picture is reproduced."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras

from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn
from models.weights.build import build_network, read_config
from models.weights.locate import find_weights
from models.weights.weight_file import read_weights
from tlgan.errors import UserError


def load_feature_network(path_or_name: str | Path, resolution: int) -> Callable:
    """Load an attribute network as a function of images to the features behind each of its stages.

    Parameters
    ----------
    path_or_name : file or name of a labeller
    resolution : int, pixels per side of the images

    Returns
    -------
    callable
        Images (n, R, R, 3) float32 in [-1, 1] to a list of tensors (n, r, r, maps), from fine to coarse.

    Raises
    ------
    UserError
        Where there is none of that name, or it is no attribute network of this resolution.
    """
    path = find_weights(path_or_name, "labeller")
    weights = read_weights(path)
    if weights.kind != "attribute_cnn" or weights.config.get("architecture") == "application":
        raise UserError(
            f"{path}: must be a residual or plain attribute network, whose stages give features. Name another labeller."
        )
    config = read_config({**weights.config, "application_weights": ""}, AttributeCnnConfig, str(path))
    if config.resolution != resolution:
        raise UserError(
            f"{path}: must read images of {resolution} pixels per side. Got {config.resolution}. Name another labeller."
        )
    network = build_network(lambda: build_attribute_cnn(config), weights.variables, str(path))
    stages = keras.Model(network.input, _stage_outputs(network, config), name="features")
    stages.trainable = False
    return lambda images: stages(images, training=False)


def _stage_outputs(network: keras.Model, config: AttributeCnnConfig) -> list:
    """What the last block of each stage gives."""
    last = len(config.depths) - 1
    if config.architecture == "plain":
        return [
            network.get_layer(f"stage{stage}_conv{depth - 1}_norm").output
            for stage, depth in enumerate(config.depths)
        ]
    behind = [f"stage{stage + 1}_block0_norm0" for stage in range(last)] + ["last_norm"]
    return [network.get_layer(name).input for name in behind]
