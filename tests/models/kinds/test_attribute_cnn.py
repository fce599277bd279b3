"""Options of attribute networks: defaults, role, fingerprint, bounds."""

from __future__ import annotations

import msgspec
import pytest

from models.kinds.attribute_cnn import ATTRIBUTE_CNN, AttributeCnnOptions


def test_role_is_that_of_the_weight_file():
    assert AttributeCnnOptions().roles == ("labeller",)
    assert AttributeCnnOptions(role="judge").roles == ("judge",)


def test_every_option_counts_in_the_fingerprint():
    counted = AttributeCnnOptions().parameters("faces")
    names = {field.name for field in msgspec.structs.fields(AttributeCnnOptions)}
    assert counted.keys() == (names - {"weights"}) | {"name"}
    for change in ({"seed": 2}, {"role": "judge"}, {"erase": 0.1}, {"application": "MobileNet"}):
        assert AttributeCnnOptions(**change).parameters("faces") != counted


@pytest.mark.parametrize(
    "content",
    [
        {"role": "teacher"},
        {"architecture": "transformer"},
        {"widths": [0]},
        {"dropout": 1.0},
        {"learning_rate": 0},
        {"batch": 0},
        {"shift": -1},
        {"seed": -1},
        {"colour": 1},
        {"kind": "vae"},
    ],
)
def test_options_refuse(content):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"kind": "attribute-cnn"} | content, AttributeCnnOptions)


def test_kind_is_filed_under_its_former_stage():
    assert (ATTRIBUTE_CNN.name, ATTRIBUTE_CNN.stage) == ("attribute-cnn", "classifier")
