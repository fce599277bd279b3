"""Options of the latent regressor: defaults, and bad values refused when a recipe is read."""

from __future__ import annotations

import msgspec
import pytest

from models.kinds.latent_regressor import RegressorOptions


def test_options_of_an_empty_table_are_the_defaults():
    assert msgspec.convert({}, RegressorOptions) == RegressorOptions()


@pytest.mark.parametrize(
    "table",
    [
        {"kind": "forest"},
        {"members": 0},
        {"widths": [0]},
        {"dropout": 1.0},
        {"held_out": 0.0},
        {"validation": 0.0},
        {"width": [64]},
    ],
)
def test_options_refuse_bad_values(table):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(table, RegressorOptions)
