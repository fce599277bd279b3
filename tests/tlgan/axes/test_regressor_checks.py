"""Checks of what a regressor is made of, one by one."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.axes.regressor_checks import check_layers, check_ranges, check_texts, layer_array, per_attribute
from tlgan.errors import UserError


def test_layer_array_is_float32_and_cannot_be_written():
    array = layer_array("weights", [[[1.0, 2.0]]], 3)
    assert (array.shape, array.dtype, array.flags.writeable) == ((1, 1, 2), np.float32, False)
    with pytest.raises(UserError, match=r"`regressor\.weights` must be a real array with 3 dimension"):
        layer_array("weights", [[1.0]], 3)
    with pytest.raises(UserError, match="finite in float32"):
        layer_array("biases", [[1e39]], 2)


def test_layers_that_follow_each_other_pass():
    weights = (np.ones((2, 8, 5), "f4"), np.ones((2, 5, 4), "f4"))
    biases = (np.ones((2, 5), "f4"), np.ones((2, 4), "f4"))
    check_layers(weights, biases, 3, np.zeros(1))
    with pytest.raises(UserError, match=r"each name \(4\) and component \(1\)\. Got 4"):
        check_layers(weights, biases, 4, np.zeros(1))
    with pytest.raises(UserError, match="Layer 1 of the regressor"):
        check_layers(weights[::-1], biases[::-1], 3, np.zeros(1))


@pytest.mark.parametrize(
    ("field", "values", "message"),
    [
        ("held_out", [0.5, np.nan], ""),
        ("scales", [1.0, 2.0], ""),
        ("offsets", [0.5, np.nan], r"`regressor\.offsets` must be finite\. 'b' has nan"),
        ("scales", [1.0, 0.0], r"`regressor\.scales` must be above 0 and finite\. 'b' has 0"),
        ("scatter", [1.0], r"one entry per name \(2\)\. Got 1"),
    ],
)
def test_per_attribute_has_the_rule_of_its_field(field, values, message):
    if not message:
        np.testing.assert_array_equal(per_attribute(field, values, ("a", "b")), values)
        return
    with pytest.raises(UserError, match=message):
        per_attribute(field, values, ("a", "b"))


def test_ranges_may_be_of_one_value_and_not_turned():
    check_ranges(("a", "b"), np.array([0.0, 1.0]), np.array([0.0, 2.0]))
    with pytest.raises(UserError, match="'b' has 3 and 2"):
        check_ranges(("a", "b"), np.array([0.0, 3.0]), np.array([0.0, 2.0]))


def test_texts_say_which_field_they_are_of():
    check_texts(("a", "b"), (("a", "elsewhere"),), "")
    for texts, field in (
        ((("a", "a"), (), ""), "regressor.names"),
        ((("a",), (("x", "x"),), ""), "regressor.groups"),
        ((("a",), (), "hash"), "regressor.generator_sha256"),
    ):
        with pytest.raises(UserError, match=field):
            check_texts(*texts)
