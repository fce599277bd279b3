"""Layers written out in NumPy, and networks with random weights, to compare the networks for faces with."""

from __future__ import annotations

import math

import numpy as np
from keras import ops

from models.weights.weight_file import network_variables


def randomize(network, seed=0):
    """Give a network random weights; returns them by name."""
    random = np.random.default_rng(seed)
    weights = {}
    for name, variable in network_variables(network).items():
        spread = 0.1 if name.endswith("bias") else 1 / math.sqrt(max(1, math.prod(variable.shape[:-1])))
        weights[name] = random.normal(0, 1.5 * spread, variable.shape).astype("float32")
        variable.assign(weights[name])
    return weights


def randomize_with_variances(network, seed=0):
    """The same for a network with batch normalisation, whose variances are above 0."""
    randomize(network, seed)
    for name, variable in network_variables(network).items():
        if name.endswith("moving_variance"):
            variable.assign(np.abs(np.array(variable)) + 0.5)


def outputs(network, pixels):
    """What a network gives, as a list of arrays."""
    found = network(pixels, training=False)
    return [ops.convert_to_numpy(part) for part in (found if isinstance(found, list) else [found])]


def same_padded(maps, size, stride, fill=0.0):
    """Padded as TensorFlow does for SAME: the odd row and column below and at the right."""
    widths = [(0, 0)]
    for side in maps.shape[1:3]:
        missing = max(0, (math.ceil(side / stride) - 1) * stride + size - side)
        widths.append((missing // 2, missing - missing // 2))
    return np.pad(maps, [*widths, (0, 0)], constant_values=fill)


def windows(maps, size, stride):
    """Windows (n, rows, columns, size, size, channels) of maps."""
    view = np.lib.stride_tricks.sliding_window_view(maps, (size, size), axis=(1, 2))
    return view[:, ::stride, ::stride].transpose(0, 1, 2, 4, 5, 3)


def convolve(maps, weights, name, stride=1, padding="same"):
    """A convolution with its bias."""
    kernel = weights[f"{name}/kernel"]
    padded = same_padded(maps, len(kernel), stride) if padding == "same" else maps
    return np.tensordot(windows(padded, len(kernel), stride), kernel, 3) + weights[f"{name}/bias"]


def separate(maps, weights, name, stride=1):
    """A convolution of each channel by itself, then one of one pixel with a bias."""
    depthwise = weights[f"{name}/depthwise_kernel"][..., 0]
    parts = windows(same_padded(maps, len(depthwise), stride), len(depthwise), stride)
    channels = np.einsum("nyxabc,abc->nyxc", parts, depthwise)
    return channels @ weights[f"{name}/pointwise_kernel"][0, 0] + weights[f"{name}/bias"]


def pool(maps, size, stride, padding, reduce=np.max):
    """The largest number, or the mean, of each window."""
    padded = same_padded(maps, size, stride, -np.inf) if padding == "same" else maps
    return reduce(windows(padded, size, stride), axis=(3, 4))


def relu(maps):
    """Negative numbers become 0."""
    return np.maximum(maps, 0)
