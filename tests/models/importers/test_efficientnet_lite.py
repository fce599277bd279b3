"""Published weights of EfficientNet-lite0: batch norms are folded, other files refused."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.importers.efficientnet_lite import (
    FILE_NAME,
    assign_torch_weights,
    load_backbone,
    load_efficientnet_lite,
)
from models.networks.efficientnet_lite import EfficientNetLite
from tests.models.networks.random_backbone import tensors_for
from tlgan.errors import UserError

PICTURES = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3)).astype("float32")


@pytest.mark.network
def test_batch_norm_is_folded_into_the_convolution():
    network = EfficientNetLite(name="folded")
    tensors = tensors_for(network)
    assign_torch_weights(network, tensors)
    images = PICTURES[:1, :8, :8]
    # Stride 2 with SAME padding of an even size pads after the last row and column alone.
    padded = np.pad((images * 127.5 + 0.5) / 128, ((0, 0), (0, 1), (0, 1), (0, 0)))
    kernel = tensors["_conv_stem.weight"].transpose(2, 3, 1, 0)
    plain = np.stack(
        [
            [np.tensordot(padded[0, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3], kernel, 3) for j in range(4)]
            for i in range(4)
        ]
    )
    norm = {key: tensors[f"_bn0.{key}"] for key in ("weight", "bias", "running_mean", "running_var")}
    wanted = (plain - norm["running_mean"]) / np.sqrt(norm["running_var"] + 1e-3) * norm["weight"] + norm[
        "bias"
    ]
    got = ops.convert_to_numpy(network.stem(ops.convert_to_tensor((images * 127.5 + 0.5) / 128)))[0]
    np.testing.assert_allclose(got, np.clip(wanted, 0, 6), rtol=1e-3, atol=1e-4)


def test_a_missing_or_another_file_is_a_one_line_error(tmp_path):
    with pytest.raises(UserError, match="make backbone"):
        load_efficientnet_lite(tmp_path / "nothing.pth")
    (tmp_path / "other.pth").write_bytes(b"other")
    with pytest.raises(UserError, match="must have the SHA-256 579344"):
        load_efficientnet_lite(tmp_path / "other.pth")


@pytest.mark.network
def test_assign_torch_weights_needs_every_tensor():
    network = EfficientNetLite(name="incomplete")
    tensors = tensors_for(network)
    tensors.pop("_blocks.15._bn2.running_var")
    with pytest.raises(KeyError, match=r"_blocks\.15\._bn2\.running_var"):
        assign_torch_weights(network, tensors)


def test_load_backbone_looks_in_the_folder_of_weights(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    with pytest.raises(UserError, match=f"artifacts/weights/{FILE_NAME}: no such file"):
        load_backbone()
