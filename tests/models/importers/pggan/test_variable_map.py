"""Variable mappings: every variable has its place, and each place its variable."""

from __future__ import annotations

import numpy as np
import pytest

from models.importers.pggan.variable_map import (
    VariableMapping,
    flip_kernel,
    layer_names,
    layer_widths,
    map_variables,
    resolution_of,
)
from tlgan.errors import UserError

MAPPINGS = [
    VariableMapping("a", (2, 3), "x/kernel", np.transpose, 2.0),
    VariableMapping("b", (), None),
]


def variables(**changes):
    return {"a": np.arange(6, dtype="f8").reshape(2, 3), "b": np.float32(0)} | changes


def test_variables_are_arranged_scaled_and_renamed():
    mapped = map_variables(variables(), MAPPINGS, "generator")
    assert list(mapped) == ["x/kernel"]
    np.testing.assert_array_equal(mapped["x/kernel"], 2 * np.arange(6).reshape(2, 3).T)
    assert mapped["x/kernel"].dtype == np.float32
    assert mapped["x/kernel"].flags.c_contiguous


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (variables(c=np.zeros(1)), r"generator: variables do not fit. Missing: \[\]. Left over: \[c\]"),
        ({"b": np.float32(0)}, r"Missing: \[a\]"),
        (variables(a=np.zeros((3, 2))), r"`a` must be floats of shape \(2, 3\). Got float64 \(3, 2\)"),
        (variables(a=np.zeros((2, 3), int)), "`a` must be floats"),
        (variables(a=np.full((2, 3), np.inf)), "`a` must be finite"),
        ({f"n{k:02d}": np.zeros(1) for k in range(40)}, "n11, … 28 more"),
    ],
)
def test_map_variables_names_what_does_not_fit(given, message):
    with pytest.raises(UserError, match=message):
        map_variables(given, MAPPINGS, "generator")


def test_layer_names_go_from_latents_to_images():
    assert layer_names(16) == ("conv4", "conv8_up", "conv8", "conv16_up", "conv16")
    assert layer_widths((5, 4, 3)) == ((5, 5), (5, 4), (4, 4), (4, 3), (3, 3))
    assert (resolution_of(2), resolution_of(9)) == (8, 1024)
    for levels in (1, 10):
        with pytest.raises(UserError, match="2 to 9 levels"):
            resolution_of(levels)


def test_flip_kernel_turns_height_and_width_alone():
    kernel = np.arange(36).reshape(3, 3, 2, 2)
    np.testing.assert_array_equal(flip_kernel(kernel)[0, 0], kernel[2, 2])
    np.testing.assert_array_equal(flip_kernel(kernel)[1, 0], kernel[1, 2])
