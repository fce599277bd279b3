"""Baselines on planted axes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from tlgan.errors import UserError
from tlgan.regression.baselines import arctanh_least_squares, extreme_svm, mean_difference
from tlgan.regression.fit import fit_glms


@pytest.fixture(scope="module")
def planted():
    generator = np.random.default_rng(0)
    latents = generator.standard_normal((6000, 10))
    truth = generator.standard_normal((2, 10))
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    logits = 2 * latents @ truth.T + generator.standard_normal((6000, 2)) + [0, -2]
    return latents, logits, truth


@pytest.mark.parametrize(
    ("find", "smallest"),
    [
        (lambda latents, logits: arctanh_least_squares(latents, expit(logits)), 0.998),
        (lambda latents, logits: mean_difference(latents, logits > 0), 0.993),
        (lambda latents, logits: mean_difference(latents, expit(logits)), 0.993),
        (extreme_svm, 0.93),
    ],
    ids=["arctanh", "mean difference", "mean difference of probabilities", "svm"],
)
def test_baseline_finds_planted_axes(planted, find, smallest):
    latents, logits, truth = planted
    directions = find(latents, logits)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    assert ((directions * truth).sum(axis=1) > smallest).all()


def test_arctanh_is_least_squares_on_logits_where_nothing_is_clipped(planted):
    latents, logits, _ = planted
    tame = np.clip(logits, -5.9, 5.9)
    fits = fit_glms(latents, tame, ["a", "b"], ["binary"] * 2, family="gaussian", held_out=0)
    np.testing.assert_allclose(arctanh_least_squares(latents, expit(tame)), fits.directions, atol=1e-8)


def test_arctanh_takes_certain_probabilities():
    latents = np.random.default_rng(1).standard_normal((50, 3))
    assert np.isfinite(arctanh_least_squares(latents, (latents[:, :1] > 0).astype(float))).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: mean_difference(np.eye(3), np.ones((3, 1))),
            "with and without each .* Column 0 has 3",
        ),
        (lambda: extreme_svm(np.eye(3), np.eye(3), share=0.6), "`share` must be above 0 and at most 0.5"),
        (lambda: arctanh_least_squares(np.eye(3), np.ones((2, 1))), "one row per sample"),
        (lambda: mean_difference(np.eye(3), np.full((3, 1), np.nan)), "must be finite"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(UserError, match=message):
        call()
