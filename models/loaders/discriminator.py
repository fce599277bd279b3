"""Load the discriminator of a progressive GAN: how real a picture looks."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from keras import ops

from models.importers.pggan.read import gan_network
from models.inference.batch_size import BatchSize
from models.inference.compile import compile_forward
from models.networks.equalized_layers import smooth
from models.networks.progressive_gan import ProgressiveDiscriminator
from models.weights.build import build_network
from models.weights.locate import find_weights
from models.weights.weight_file import REMEDY, Weights, read_weights
from tlgan.errors import UserError


def load_discriminator(path_or_name: str | Path) -> Callable[[np.ndarray], np.ndarray]:
    """Load a discriminator: uint8 images (n, R, R, 3) to realism scores (n,), float32.

    Scores depend on the batch through the minibatch deviation; images go through four at a time,
    the last ones together with repeats of the very last. Where it was trained on smoothed pictures it sees them
    smoothed.

    Raises
    ------
    UserError
        Where there is none of that name, or the file is no discriminator of ours.
    """
    path = find_weights(path_or_name, "discriminator")
    weights = read_weights(path)
    gan = gan_network(weights, path, "discriminator")
    smoothing = _smoothing(weights, path)
    network = build_network(
        lambda: ProgressiveDiscriminator(gan.config, name="discriminator"), gan.variables, str(path)
    )

    def score(images):
        images = ops.cast(images, "float32") / 127.5 - 1.0
        images = ops.mean(images, axis=-1, keepdims=True) if gan.config.channels == 1 else images
        return network(smooth(images, smoothing))

    return compile_forward(score, BatchSize(4, least=4))  # of fewer the score would be another


def _smoothing(weights: Weights, path: Path) -> float:
    """Standard deviation in pixels of the smoothing that a discriminator was trained with."""
    deviation = weights.metadata.get("smoothing", 0.0)
    if isinstance(deviation, (int, float)) and 0 <= deviation < math.inf:
        return float(deviation)
    raise UserError(f"{path}: `smoothing` must be a number of pixels from 0 up. Got {deviation!r}. {REMEDY}")
