"""The published weights of EfficientNet-lite0, from a PyTorch file, checked by its hash."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from models.importers.pggan.torch_checkpoint import read_torch_file
from models.networks.efficientnet_lite import EfficientNetLite, FrozenConv
from models.weights.locate import weights_folder
from tlgan.errors import UserError
from tlgan.storage.file_hash import file_sha256

SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
FILE_NAME = "efficientnet-lite0-57934424.pth"
REMEDY = "Fetch it with `make backbone`."
EPSILON = 1e-3  # of the batch norms


def load_efficientnet_lite(path: Path, dtype=None) -> EfficientNetLite:
    """The network with its published weights.

    Parameters
    ----------
    path : Path of `efficientnet-lite0-57934424.pth`
    dtype : Keras dtype policy, for example "mixed_bfloat16"

    Raises
    ------
    UserError
        Where the file is missing or is another one.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file of EfficientNet-lite0's weights. {REMEDY}")
    found = file_sha256(path)
    if found != SHA256:
        raise UserError(f"{path}: must have the SHA-256 {SHA256}. Got {found}. {REMEDY}")
    network = EfficientNetLite(dtype=dtype, name="efficientnet_lite0")
    assign_torch_weights(network, read_torch_file(path))
    return network


def load_backbone(dtype=None) -> EfficientNetLite:
    """The network from `artifacts/weights`, where `make backbone` puts its file."""
    return load_efficientnet_lite(weights_folder() / FILE_NAME, dtype)


def assign_torch_weights(network: EfficientNetLite, tensors: Mapping[str, np.ndarray]) -> None:
    """Set the network's weights from PyTorch's tensors, each batch norm folded into its convolution."""
    _assign(network.stem, tensors, "_conv_stem", "_bn0")
    for number, layers in enumerate(network.blocks):
        prefix = f"_blocks.{number}."
        names = [("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")]
        for layer, (conv, norm) in zip(layers, names[-len(layers) :], strict=True):
            _assign(layer, tensors, prefix + conv, prefix + norm)


def _assign(layer: FrozenConv, tensors: Mapping[str, np.ndarray], conv: str, norm: str) -> None:
    kernel = np.asarray(tensors[f"{conv}.weight"], "float64")
    gain = tensors[f"{norm}.weight"] / np.sqrt(
        np.asarray(tensors[f"{norm}.running_var"], "float64") + EPSILON
    )
    kernel = kernel * gain[:, None, None, None]
    # PyTorch: (maps, channels, height, width); a depthwise kernel has (channels, 1, height, width).
    order = (2, 3, 0, 1) if layer.depthwise else (2, 3, 1, 0)
    layer.kernel.assign(kernel.transpose(order).astype("float32"))
    bias = tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * gain
    layer.bias.assign(np.asarray(bias, "float32"))
