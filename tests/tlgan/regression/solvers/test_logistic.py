"""Losses and their derivatives, and the L-BFGS solver."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy import optimize, special

from tlgan.regression.solvers.huber import huber_loss
from tlgan.regression.solvers.logistic import binomial_loss, solve_binomial
from tlgan.regression.solvers.sufficient_statistics import gather_design
from tlgan.regression.streaming.row_stream import Rows, TargetColumn


@pytest.mark.parametrize(
    "loss", [binomial_loss, partial(huber_loss, np.array([0.7]))], ids=["binomial", "huber"]
)
def test_loss_derivatives_are_those_of_its_values(loss):
    predictors = np.linspace(-4, 4, 41)[:, None] + 0.013
    responses = np.full((41, 1), 0.3)
    _, first, second = loss(predictors, responses)
    step = 1e-5
    above, below = loss(predictors + step, responses), loss(predictors - step, responses)
    np.testing.assert_allclose(first, (above[0] - below[0]) / (2 * step), atol=1e-8)
    np.testing.assert_allclose(second, (above[1] - below[1]) / (2 * step), atol=1e-8)


def test_binomial_loss_survives_extreme_predictors():
    predictors = np.array([[-1e4], [-800.0], [800.0], [1e4]])
    values, first, second = binomial_loss(predictors, np.array([[1.0], [0.0], [1.0], [0.0]]))
    np.testing.assert_allclose(values[:, 0], [1e4, 0, 0, 1e4], atol=1e-12)
    np.testing.assert_allclose(first[:, 0], [-1, 0, 0, 1], atol=1e-12)
    assert (second >= 0).all()


def logit_design(latents, responses):
    columns = tuple(TargetColumn(index) for index in range(responses.shape[1]))
    return gather_design(Rows(latents, responses, columns))


@pytest.mark.parametrize("ridge", [0.0, 0.3])
@pytest.mark.parametrize("skewed", [False, True])
def test_solve_binomial_reaches_the_minimum(ridge, skewed):
    generator = np.random.default_rng(4)
    latents = generator.standard_normal((800, 5))
    if skewed:  # far from elliptical, on scales of their own, off centre
        latents = np.exp(latents) * [1, 5, 0.2, 1, 1] + 3
    standard = (latents - latents.mean(axis=0)) / latents.std(axis=0)
    truth = generator.standard_normal((5, 3))
    responses = special.expit(2 * standard @ truth + generator.standard_normal((800, 3)))
    responses[:, 0] = responses[:, 0] > 0.5
    responses[::3, 2] = np.nan
    solution = solve_binomial(logit_design(latents, responses), np.arange(3), np.full(3, ridge))
    assert solution.converged.all()
    for index in range(3):
        known = ~np.isnan(responses[:, index])
        x, y = latents[known], responses[known, index]

        def objective(point, x=x, y=y):
            eta = point[0] + x @ point[1:]
            gradient = special.expit(eta) - y
            value = np.mean(np.logaddexp(0, eta) - y * eta) + ridge * point[1:] @ point[1:] / 2
            return value, np.r_[gradient.mean(), x.T @ gradient / len(x) + ridge * point[1:]]

        point = np.r_[solution.intercepts[index], solution.coefficients[index]]
        value, gradient = objective(point)
        assert np.abs(gradient).max() < 1e-8
        reference = optimize.minimize(objective, np.zeros(6), jac=True, method="BFGS", options={"gtol": 1e-9})
        assert value <= reference.fun + 1e-12


def test_solve_binomial_takes_rare_labels():
    generator = np.random.default_rng(5)
    latents = generator.standard_normal((20_000, 4))
    labels = (generator.random(20_000) < special.expit(-6 + 2 * latents[:, 0])).astype(float)[:, None]
    solution = solve_binomial(logit_design(latents, labels), np.arange(1), np.zeros(1))
    assert solution.converged.all()
    assert solution.coefficients[0] == pytest.approx([2, 0, 0, 0], abs=0.3)
    assert solution.intercepts[0] == pytest.approx(-6, abs=0.5)
