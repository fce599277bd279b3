"""Networks for faces that other projects trained, from weight files of ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras

from models.importers.foreign_network import ForeignNetwork
from models.importers.keras_file import as_foreign_network
from models.networks.face_attributes import (
    AgeGenderConfig,
    ExpressionConfig,
    build_age_gender,
    build_expression,
)
from models.networks.face_detector import FaceDetectorConfig, build_face_detector
from models.networks.face_recogniser import FaceRecogniserConfig, build_face_recogniser
from models.weights.build import build_network, check_activations, largest_activation, read_config
from models.weights.weight_file import REMEDY, Weights, read_weights
from tlgan.errors import UserError

LARGEST = 4096  # pixels per side


class FaceNetwork(NamedTuple):
    """How a kind of network is built: class of its config, and function of config and name."""

    config: type[Any]
    build: Callable[..., keras.Model]


# By the `kind` of their weight files.
FACE_NETWORKS = {
    "face_recogniser": FaceNetwork(FaceRecogniserConfig, build_face_recogniser),
    "age_gender": FaceNetwork(AgeGenderConfig, build_age_gender),
    "expression": FaceNetwork(ExpressionConfig, build_expression),
    "face_detector": FaceNetwork(FaceDetectorConfig, build_face_detector),
}


def build_face_network(weights: Weights, source: str) -> keras.Model:
    """Build the network of a weight file's content, with its weights.

    Parameters
    ----------
    weights : Weights
    source : str, the file, for messages

    Raises
    ------
    UserError
        Where it is another kind of network, or the weights do not fit.
    """
    if weights.kind not in FACE_NETWORKS:
        kinds = ", ".join(FACE_NETWORKS)
        raise UserError(f"{source}: must be one of {kinds}. Got a {weights.kind}. Name another file.")
    kind = FACE_NETWORKS[weights.kind]
    config = read_config(weights.config, kind.config, source)
    if not 1 <= config.size <= LARGEST or len(config.widths) != len(kind.config().widths):
        raise UserError(f"{source}: `config` is not that of a {weights.kind}. {REMEDY}")
    network = build_network(lambda: kind.build(config), weights.variables, source)
    check_activations(largest_activation(network), weights.variables, source)
    return network


def open_face_network(path: Path) -> ForeignNetwork:
    """Open a weight file of such a network, which a sidecar makes a labeller."""
    return as_foreign_network(path, build_face_network(read_weights(path), str(path)))
