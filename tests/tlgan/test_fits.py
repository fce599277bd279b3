"""Fits on constructed truth, beside statsmodels, and on bad input."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from tlgan.fits import fit_glms, probabilities

NAMES = ["smile", "beard", "hat"]
KINDS = ["binary"] * 3


def planted(n_samples=3000, latent_dim=12, n_attributes=3, noise=1.0, seed=0):
    """Sphere latents, true coefficients and noisy logits with one column partly missing."""
    generator = np.random.default_rng(seed)
    latents = generator.standard_normal((n_samples, latent_dim))
    latents *= np.sqrt(latent_dim) / np.linalg.norm(latents, axis=1, keepdims=True)
    truth = generator.standard_normal((n_attributes, latent_dim))
    truth *= 2 / np.linalg.norm(truth, axis=1, keepdims=True)
    noises = noise * generator.standard_normal((n_samples, n_attributes))
    logits = latents @ truth.T + np.linspace(-2, 1, n_attributes) + noises
    logits[::5, -1] = np.nan
    return latents.astype(np.float32), logits, truth


def hard(logits):
    return np.where(np.isnan(logits), np.nan, logits > 0)


@pytest.mark.parametrize("covariance", ["robust", "model"])
@pytest.mark.parametrize("family", ["gaussian", "binomial on probabilities", "binomial on labels"])
def test_fit_glms_equals_statsmodels(family, covariance):
    latents, responses, _ = planted()
    if family != "gaussian":
        responses = probabilities(responses, KINDS) if "probabilities" in family else hard(responses)
    fits = fit_glms(
        latents, responses, NAMES, KINDS, family=family.split()[0], held_out=0, covariance=covariance
    )
    design = sm.add_constant(latents.astype(np.float64))
    for index in range(3):
        known = ~np.isnan(responses[:, index])
        theirs = sm.families.Gaussian() if family == "gaussian" else sm.families.Binomial()
        reference = sm.GLM(responses[known, index], design[known], family=theirs).fit(
            tol=1e-13, cov_type="HC0" if covariance == "robust" else "nonrobust"
        )
        np.testing.assert_allclose(fits.coefficients[index], reference.params[1:], rtol=1e-6)
        np.testing.assert_allclose(fits.intercepts[index], reference.params[0], rtol=1e-6)
        np.testing.assert_allclose(fits.standard_errors[index], reference.bse[1:], rtol=1e-4)
        np.testing.assert_allclose(fits.intercept_standard_errors[index], reference.bse[0], rtol=1e-4)
