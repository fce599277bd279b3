"""PyTorch progressive GANs in two layouts, equal to their definitions in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from models.importers.pggan.torch_variables import read_torch_pggan
from tests.models.conftest import gan_zoo_state, genforce_state, write_torch
from tlgan.errors import UserError

CONFIG = {"alpha": 0, "leakyReluLeak": 0.2, "perChannelNormalization": True, "depthScales": [8, 6]}


def changed(state, damage):
    damage(state)
    return state


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"config": CONFIG, "netD": {"a": np.zeros(2)}}, "holds a discriminator only"),
        ({"fromRGBLayers.0.module.weight": np.zeros((2, 3, 1, 1), "f4")}, "holds a discriminator only"),
        ({"gen.conv1.weight": np.zeros((2, 3, 1, 1), "f4")}, "is in neither known layout"),
        ({"avgG": {}}, "must be a dict of tensors"),
        ({"avgG": 3}, "must be a dict of tensors"),
        ({"avgG": gan_zoo_state(), "config": CONFIG | {"alpha": 0.5}}, "`config.alpha` must be 0"),
        ({"avgG": gan_zoo_state(), "config": CONFIG | {"lossCriterion": "DCGAN"}}, "must be WGANGP"),
        (
            {"avgG": gan_zoo_state(), "config": CONFIG | {"leakyReluLeak": "x"}},
            "`config.leakyReluLeak` must be",
        ),
        (
            {"avgG": gan_zoo_state(), "config": CONFIG | {"categoryVectorDim": 99}},
            "`categoryVectorDim` must be",
        ),
        (
            {"avgG": changed(gan_zoo_state(), lambda s: s.pop("groupScale0.0.module.bias"))},
            r"Missing: \[groupScale0.0.module.bias\]",
        ),
        (
            {"avgG": changed(gan_zoo_state(), lambda s: s.update({"extra.weight": np.zeros(1, "f4")}))},
            r"Left over: \[extra.weight\]",
        ),
        (
            {
                "avgG": changed(
                    gan_zoo_state(), lambda s: s.update({"groupScale0.0.module.bias": np.zeros(9, "f4")})
                )
            },
            r"`groupScale0.0.module.bias` must be floats of shape \(8,\)",
        ),
        (
            {"avgG": changed(gan_zoo_state(), lambda s: s.pop("formatLayer.module.weight"))},
            "must have `formatLayer",
        ),
        (changed(genforce_state(), lambda s: s.update(lod=np.float32(1))), "`lod` must be 0"),
        (
            changed(genforce_state(), lambda s: s.pop("layer3.conv.weight")),
            r"Missing: \[layer3.conv.weight\]",
        ),
        (changed(genforce_state(), lambda s: s.pop("output2.conv.weight")), "lacks output2.conv.weight"),
        (
            changed(
                genforce_state(), lambda s: [s.pop(name) for name in list(s) if name.startswith("layer5")]
            ),
            "Left over|two layers per resolution",
        ),
        (genforce_state(start=2), "counted from 0 or 1"),
        ([1, 2], "must hold a dict"),
    ],
)
def test_other_networks_are_refused(tmp_path, content, message):
    path = write_torch(tmp_path / "a.pth", content)
    with pytest.raises(UserError, match=message) as error:
        read_torch_pggan(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)
