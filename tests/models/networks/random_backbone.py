"""An EfficientNet-lite0 with random weights, given as PyTorch tensors."""

from __future__ import annotations

import numpy as np

from models.importers.efficientnet_lite import assign_torch_weights
from models.networks.efficientnet_lite import EfficientNetLite

RANDOM = np.random.default_rng(0)


def tensors_for(network):
    """PyTorch tensors of the published names for the layers of `network`."""
    tensors = {}

    def add(layer, conv, norm):
        shape = layer.kernel.shape
        height, width, channels, maps = shape
        order = (channels, 1, height, width) if layer.depthwise else (maps, channels, height, width)
        count = channels if layer.depthwise else maps
        tensors[f"{conv}.weight"] = RANDOM.standard_normal(order).astype("float32") / np.sqrt(
            np.prod(order[1:])
        )
        tensors[f"{norm}.weight"] = RANDOM.uniform(0.5, 1.5, count).astype("float32")
        tensors[f"{norm}.bias"] = RANDOM.standard_normal(count).astype("float32")
        tensors[f"{norm}.running_mean"] = RANDOM.standard_normal(count).astype("float32")
        tensors[f"{norm}.running_var"] = RANDOM.uniform(0.5, 1.5, count).astype("float32")

    add(network.stem, "_conv_stem", "_bn0")
    for number, layers in enumerate(network.blocks):
        names = [("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")]
        for layer, (conv, norm) in zip(layers, names[-len(layers) :], strict=True):
            add(layer, f"_blocks.{number}.{conv}", f"_blocks.{number}.{norm}")
    return tensors


def build_backbone():
    """The network with its random weights."""
    network = EfficientNetLite(name="backbone")
    assign_torch_weights(network, tensors_for(network))
    return network
