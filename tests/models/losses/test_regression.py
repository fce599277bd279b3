"""The regression loss against sums written out, with unknown targets left out."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.losses.regression import masked_regression_loss

pytestmark = pytest.mark.network


def test_loss_averages_squares_and_entropies_over_known_targets():
    predictions = np.array([[[1.0, 0.5], [2.0, -1.0]]], np.float32)
    targets = np.array([[3.0, 1.0], [np.nan, 0.0]], np.float32)
    loss = masked_regression_loss(
        ops.convert_to_tensor(predictions), ops.convert_to_tensor(targets), np.array([0.0, 1.0], np.float32)
    )
    entropies = np.log1p(np.exp(-0.5)) + np.log1p(np.exp(-1.0))
    assert float(loss) == pytest.approx((4.0 + entropies) / 3, rel=1e-6)


def test_loss_is_the_mean_over_members():
    predictions = np.array([[[1.0]], [[3.0]]], np.float32)
    loss = masked_regression_loss(
        ops.convert_to_tensor(predictions), ops.zeros((1, 1)), np.zeros(1, np.float32)
    )
    assert float(loss) == pytest.approx(5.0)


def test_loss_without_a_known_target_is_zero():
    unknown = ops.convert_to_tensor(np.full((2, 1), np.nan, np.float32))
    assert float(masked_regression_loss(ops.ones((1, 2, 1)), unknown, np.zeros(1, np.float32))) == 0.0
