"""Losses of a variational autoencoder, where they are known."""

from __future__ import annotations

import numpy as np
import pytest

from models.losses.variational import divergence, missed_share

pytestmark = pytest.mark.network


def test_divergence_of_known_posteriors():
    zeros = np.zeros((2, 3), "float32")
    assert float(divergence(zeros, zeros)) == 0
    # Of a normal of mean 2 and variance 1: 2² / 2 nats for each latent.
    assert float(divergence(zeros + 2, zeros)) == pytest.approx(6)
    assert float(divergence(zeros, zeros + np.log(np.float32(4)))) == pytest.approx(3 * 0.5 * (3 - np.log(4)))


def test_missed_share_of_equal_and_of_mean_features():
    random = np.random.default_rng(0)
    features = [random.standard_normal((4, 5, 5, 3)).astype("float32") * scale for scale in (1, 100)]
    assert float(missed_share(features, features)) == 0
    means = [np.broadcast_to(rows.mean(axis=(0, 1, 2)), rows.shape) for rows in features]
    assert float(missed_share(features, means)) == pytest.approx(1, rel=1e-4)  # whatever their units
