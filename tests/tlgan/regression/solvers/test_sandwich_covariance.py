"""Sandwich standard errors beside the formula in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from tests.tlgan.regression.solvers.planted_design import design_of
from tlgan.regression.solvers.logistic import binomial_loss, solve_binomial
from tlgan.regression.solvers.sandwich_covariance import sandwich_errors


def planted(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(6)
    latents = random.standard_normal((n, 3)) + np.array([0.0, 2.0, 0.0])
    logits = latents @ [[1.0, 0.0], [0.5, -1.0], [0.0, 0.3]] - 0.5
    labels = (random.random((n, 2)) < expit(logits)).astype(float)
    labels[::5, 1] = np.nan
    return latents, labels


@pytest.mark.parametrize("robust", [False, True])
def test_sandwich_errors_are_those_of_the_formula(robust):
    latents, labels = planted()
    design, columns, ridge = design_of(latents, labels), np.arange(2), np.zeros(2)
    solution = solve_binomial(design, columns, ridge)
    found = sandwich_errors(design, columns, solution, binomial_loss, ridge, robust=robust)
    for column in range(2):
        known = ~np.isnan(labels[:, column])
        whole = np.hstack([np.ones((known.sum(), 1)), latents[known]])
        share = expit(whole @ np.r_[solution.intercepts[column], solution.coefficients[column]])
        covariance = np.linalg.inv((whole.T * (share * (1 - share))) @ whole)
        if robust:
            covariance = covariance @ (whole.T * (share - labels[known, column]) ** 2 @ whole) @ covariance
        expected = np.sqrt(np.diag(covariance))
        np.testing.assert_allclose(found.intercept_standard_errors[column], expected[0], rtol=1e-4)
        np.testing.assert_allclose(found.standard_errors[column], expected[1:], rtol=1e-4)
    np.testing.assert_array_equal(found.coefficients, solution.coefficients)


def test_sandwich_errors_of_many_columns_do_not_depend_on_the_block():
    latents, labels = planted(150)
    many = np.repeat(labels[:, :1], 43, axis=1)  # more than one block
    many[:, 42] = 1 - many[:, 42]
    design, columns, ridge = design_of(latents, many), np.arange(43), np.zeros(43)
    solution = solve_binomial(design, columns, ridge)
    found = sandwich_errors(design, columns, solution, binomial_loss, ridge, robust=True)
    np.testing.assert_allclose(found.standard_errors, found.standard_errors[:1].repeat(43, axis=0), rtol=1e-4)


def test_sandwich_errors_of_separated_labels_are_unknown():
    latents, labels = planted()
    labels[:, 0] = latents[:, 0] > 0
    design, columns, ridge = design_of(latents, labels), np.arange(2), np.zeros(2)
    solution = solve_binomial(design, columns, ridge)
    found = sandwich_errors(design, columns, solution, binomial_loss, ridge, robust=True)
    assert found.separated.tolist() == [True, False]
    assert np.isnan(found.standard_errors[0]).all()
    assert found.angular_errors[0] == 90
    assert np.isfinite(found.standard_errors[1]).all()
