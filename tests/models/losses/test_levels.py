from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.losses.levels import level_cross_entropy, other_levels

pytestmark = pytest.mark.network
SIZES = (2, 3)
SHARES = np.float32([[1, 0, 0, 0.25, 0.75], [0, 1, 1, 0, 0]])


def test_cross_entropy_is_that_of_each_attribute_summed():
    logits = np.random.default_rng(0).normal(size=(2, 5)).astype("float32")
    expected = 0.0
    for start, stop in ((0, 2), (2, 5)):
        own = np.exp(logits[:, start:stop])
        log = np.log(own / own.sum(axis=1, keepdims=True))
        expected -= (SHARES[:, start:stop] * log).sum(axis=1).mean()
    found = level_cross_entropy(ops.convert_to_tensor(logits), ops.convert_to_tensor(SHARES), SIZES)
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_other_levels_of_two_are_flipped_and_of_three_shared():
    found = ops.convert_to_numpy(other_levels(ops.convert_to_tensor(SHARES), SIZES))
    np.testing.assert_allclose(found, [[0, 1, 0.5, 0.375, 0.125], [1, 0, 0, 0.5, 0.5]])
