"""Rows of length 1 and the checks of arrays."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from tlgan.axes.unit_vectors import axis_label, real_array, unit_rows
from tlgan.errors import UserError


def test_unit_rows_leaves_unit_rows_bit_for_bit():
    rows = unit_rows(np.random.default_rng(1).normal(size=(50, 512)))
    np.testing.assert_array_equal(unit_rows(rows), rows)


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1.0, 1e160, 1e300])
def test_unit_rows_neither_overflows_nor_underflows(scale):
    np.testing.assert_allclose(unit_rows(np.array([[3.0, 4.0]]) * scale), [[0.6, 0.8]], rtol=1e-15)


@pytest.mark.parametrize(
    "bad", [[[0.0, 0.0]], [[np.nan, 1.0]], [[np.inf, 1.0]], [1.0, 2.0], [], [["x", "y"]]]
)
def test_unit_rows_refuses(bad):
    with pytest.raises(UserError):
        unit_rows(bad)


def test_unit_rows_names_the_axis_that_has_no_direction():
    with pytest.raises(UserError, match="'Age' has only zeros"):
        unit_rows([[1.0, 0.0], [0.0, 0.0]], ["Male", "Age"])
    with pytest.raises(UserError, match="row 1 has a value that is not finite"):
        unit_rows([[1.0, 0.0], [0.0, np.inf]])


def test_unit_rows_leave_their_input_as_it_is():
    given = np.array([[3.0, 4.0]])
    unit_rows(given)
    np.testing.assert_array_equal(given, [[3.0, 4.0]])


def test_axis_label_is_the_name_where_there_is_one():
    assert axis_label(1, ["Male", "Age"]) == "'Age'"
    assert axis_label(1, None) == "row 1"


def test_real_array_copies_to_float64():
    given = np.array([1, 2], np.int8)
    array = real_array("slopes", given, 1)
    assert array.dtype == np.float64
    array[0] = 9
    assert given[0] == 1


@pytest.mark.parametrize("bad", [[True, False], ["1"], [1j], [[1.0]], [], 3.0])
def test_real_array_refuses(bad):
    with pytest.raises(UserError, match="`slopes` must be a real array with 1 dimension"):
        real_array("slopes", bad, 1)


def test_real_array_takes_signalling_nan_without_a_warning():
    values = np.frombuffer(b"\x01\x00\x80\x7f", "<f4")  # what a damaged file may hold
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(real_array("x", values, 1)).all()
