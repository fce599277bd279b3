"""The aggregate posterior: moments of a mixture that is known."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.latents.aggregate import aggregate_posterior


def test_aggregate_posterior_has_the_moments_of_the_mixture():
    random = np.random.default_rng(0)
    mixing = random.standard_normal((4, 4))
    means = random.standard_normal((5000, 4)) @ mixing + 3
    variances = np.full((5000, 4), 0.25)
    posterior = aggregate_posterior(means, variances)
    np.testing.assert_allclose(posterior.mean, means.mean(axis=0))
    covariance = np.cov(means.T, bias=True) + 0.25 * np.eye(4)
    np.testing.assert_allclose(posterior.root @ posterior.root, covariance, atol=1e-10)
    np.testing.assert_allclose(posterior.root @ posterior.inverse_root, np.eye(4), atol=1e-10)
    # Draws of the mixture are standard normal to their second moments.
    draws = means + random.standard_normal(means.shape) * 0.5
    standard = (draws - posterior.mean) @ posterior.inverse_root
    np.testing.assert_allclose(np.cov(standard.T), np.eye(4), atol=0.05)


@pytest.mark.parametrize(
    ("means", "variances", "message"),
    [
        (np.zeros((0, 2)), np.ones((0, 2)), "one shape"),
        (np.zeros((3, 2)), np.ones((3, 3)), "one shape"),
        (np.zeros(3), np.ones(3), "one shape"),
        (np.zeros((3, 2)), np.zeros((3, 2)), "above 0"),
        (np.full((3, 2), np.nan), np.ones((3, 2)), "finite"),
        (np.zeros((3, 2)), np.full((3, 2), np.inf), "finite"),
    ],
)
def test_aggregate_posterior_refuses(means, variances, message):
    with pytest.raises(UserError, match=message):
        aggregate_posterior(means, variances)
