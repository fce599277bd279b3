"""Drawing with a mapped generator, for comparison with its definition."""

from __future__ import annotations

import numpy as np
from keras import ops

from models.networks.progressive_gan import ProgressiveGenerator
from models.weights.weight_file import assign_weights


def latents(n=3, latent_dim=10):
    """Latents, the same for a number and size."""
    return np.random.default_rng(0).standard_normal((n, latent_dim)).astype("float32")


def draw(network, z):
    """Images (n, channels, R, R) of a mapped generator, a `GanNetwork`."""
    generator = ProgressiveGenerator(network.config)
    assign_weights(generator, network.variables, "file")
    return ops.convert_to_numpy(generator(z)).transpose(0, 3, 1, 2)
