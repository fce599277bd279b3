"""Losses of a variational autoencoder, where they are known."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.losses.variational import divergence, missed_share

pytestmark = pytest.mark.network


def test_divergence_of_known_posteriors():
    zeros = ops.zeros((2, 3))
    assert float(divergence(zeros, zeros)) == 0
    # Of a normal of mean 2 and variance 1: 2² / 2 nats for each latent.
    assert float(divergence(zeros + 2, zeros)) == pytest.approx(6)
    assert float(divergence(zeros, zeros + float(np.log(4)))) == pytest.approx(3 * 0.5 * (3 - np.log(4)))


def test_missed_share_of_equal_and_of_mean_features():
    random = np.random.default_rng(0)
    features = [random.standard_normal((4, 5, 5, 3)).astype("float32") * scale for scale in (1, 100)]
    means = [np.broadcast_to(rows.mean(axis=(0, 1, 2)), rows.shape) for rows in features]
    features, means = (list(map(ops.convert_to_tensor, rows)) for rows in (features, means))
    assert float(missed_share(features, features)) == 0
    assert float(missed_share(features, means)) == pytest.approx(1, rel=1e-4)  # whatever their units
