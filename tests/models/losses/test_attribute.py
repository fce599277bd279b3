"""The loss over known labels."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.losses.attribute import masked_loss
from tests.models.training.test_classifier import NAN


@pytest.mark.network
def test_masked_loss_is_the_mean_over_known_labels():
    outputs = np.float32([[2.0, -1.0, 3.0], [0.5, 4.0, -2.0]])
    labels = np.float32([[1, NAN, 2.5], [0, NAN, NAN]])
    entropies = [np.log1p(np.exp(-2.0)), np.log1p(np.exp(0.5))]
    wanted = (sum(entropies) + 0.5**2) / 3
    loss = masked_loss(outputs, ops.convert_to_tensor(labels), np.float32([1, 1, 0]))
    assert float(loss) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.network
def test_masked_loss_of_no_label_is_zero_and_of_large_logits_finite():
    unknown = ops.convert_to_tensor(np.full((2, 1), NAN, "float32"))
    assert float(masked_loss(np.ones((2, 1), "float32"), unknown, np.float32([1]))) == 0
    known = ops.convert_to_tensor(np.float32([[0.0], [1.0]]))
    assert float(masked_loss(np.float32([[300], [300]]), known, np.float32([1]))) == pytest.approx(150)
