"""A small generator with random weights, and a search that compares pixels."""

from __future__ import annotations

import numpy as np

from models.loaders.generator import load_generator
from models.networks.progressive_gan import GanConfig, ProgressiveGenerator
from models.weights.weight_file import network_arrays, write_weights
from tests.models.networks.plain_layers import randomize
from tlgan.latents.sampling import draw_latents

CONFIG = GanConfig(resolution=8, latent_dim=6, maps=(8, 8))


def write_toy_generator(path, config=CONFIG):
    """Write a generator of random weights and load it."""
    network = ProgressiveGenerator(config)
    randomize(network)
    arrays = {name: values * 3 for name, values in network_arrays(network).items()}
    write_weights(path, "generator", config, arrays, dtype="float32")
    return load_generator(path, batch=8)


def some_latents(generator, n, seed=7):
    return draw_latents(0, n, generator.latent_dim, space=generator.latent_space, seed=seed)


def mean_error(first, second):
    """Mean absolute difference of pixels of each row."""
    return np.abs(first.astype(float) - second.astype(float)).mean(axis=(1, 2, 3))
