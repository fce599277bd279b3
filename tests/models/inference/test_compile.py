"""Networks as functions of NumPy arrays: the result does not depend on the batches."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.inference.compile import compile_forward, to_bytes

pytestmark = pytest.mark.network


@pytest.mark.parametrize("n", [1, 3, 4, 5, 9])
def test_compile_forward_runs_batches_of_one_size(n):
    seen = []

    def double(rows):
        seen.append(rows.shape[0])
        return rows * 2

    rows = np.arange(2 * n, dtype="float32").reshape(n, 2)
    np.testing.assert_array_equal(compile_forward(double, 4)(rows), rows * 2)
    assert set(seen) == {4}


def test_compile_forward_gives_several_outputs_in_order():
    forward = compile_forward(lambda rows: [rows + 1, ops.sum(rows, axis=1)], 2)
    first, second = forward(np.ones((3, 5), "float32"))
    np.testing.assert_array_equal(first, np.full((3, 5), 2))
    np.testing.assert_array_equal(second, np.full(3, 5))


def test_compile_forward_of_no_rows_has_the_right_shape():
    assert compile_forward(lambda rows: rows[:, :1], 4)(np.zeros((0, 3), "float32")).shape == (0, 1)
    one, two = compile_forward(lambda rows: [rows, rows[:, 0]], 4)(np.zeros((0, 3), "uint8"))
    assert one.shape == (0, 3)
    assert one.dtype == np.uint8
    assert two.shape == (0,)


def test_to_bytes_rounds_as_the_published_network_does():
    levels = np.arange(256)
    # Byte b stands for (b - 127.5) / 127.5; what lies outside -1 to 1 is clipped.
    drawn = np.float32((levels - 127.5) / 127.5)
    np.testing.assert_array_equal(ops.convert_to_numpy(to_bytes(drawn)), levels)
    extremes = ops.convert_to_numpy(to_bytes(np.float32([-9, -1, 0, 1, 9])))
    np.testing.assert_array_equal(extremes, [0, 0, 128, 255, 255])
