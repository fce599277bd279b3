"""Least squares beside NumPy and the textbook formulas of its standard errors."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tlgan.regression.solvers.planted_design import design_of
from tlgan.regression.solvers.least_squares import fit_least_squares, solve_least_squares, unchanged

TRUTH = np.array([[2.0, 0.0, -1.0], [0.0, 0.5, 0.0]])
INTERCEPTS = np.array([3.0, -4.0])


def planted(n: int = 200, noise: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    latents = random.standard_normal((n, 3)) + np.array([1.0, 0.0, -2.0])
    return latents, latents @ TRUTH.T + INTERCEPTS + noise * random.standard_normal((n, 2))


def test_solve_least_squares_finds_planted_coefficients():
    latents, responses = planted()
    solved = solve_least_squares(design_of(latents, responses), np.arange(2), np.zeros(2))
    np.testing.assert_allclose(solved.coefficients, TRUTH, atol=1e-12)
    np.testing.assert_allclose(solved.intercepts, INTERCEPTS, atol=1e-12)


def test_solve_least_squares_takes_the_columns_asked_for_in_their_order():
    latents, responses = planted()
    solved = solve_least_squares(design_of(latents, responses), np.array([1, 0]), np.zeros(2))
    np.testing.assert_allclose(solved.coefficients, TRUTH[::-1], atol=1e-12)


def test_solve_least_squares_uses_known_rows_of_each_column():
    latents, responses = planted()
    responses[::2, 0] = np.nan
    latents[::2] += 5.0  # wrong for column 0, where those rows are unknown; still on the plane for column 1
    responses[::2, 1] = latents[::2] @ TRUTH[1] + INTERCEPTS[1]
    solved = solve_least_squares(design_of(latents, responses), np.arange(2), np.zeros(2))
    np.testing.assert_allclose(solved.coefficients, TRUTH, atol=1e-11)


def test_solve_least_squares_with_ridge_solves_its_normal_equations():
    latents, responses = planted(noise=1.0)
    ridge = np.array([0.3, 2.0])
    solved = solve_least_squares(design_of(latents, responses), np.arange(2), ridge)
    centred = latents - latents.mean(axis=0)
    for column in range(2):
        errors = responses[:, column] - latents @ solved.coefficients[column] - solved.intercepts[column]
        np.testing.assert_allclose(
            centred.T @ errors / len(latents), ridge[column] * solved.coefficients[column], atol=1e-12
        )
        assert errors.mean() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("robust", [False, True])
def test_fit_least_squares_has_the_textbook_standard_errors(robust):
    latents, responses = planted(noise=1.0)
    fitted = fit_least_squares(design_of(latents, responses), np.arange(2), np.zeros(2), robust=robust)
    whole = np.hstack([np.ones((200, 1)), latents])
    inverse = np.linalg.inv(whole.T @ whole)
    for column in range(2):
        found = np.linalg.lstsq(whole, responses[:, column], rcond=None)[0]
        errors = responses[:, column] - whole @ found
        covariance = inverse * (errors @ errors / (200 - 4))
        if robust:  # HC0
            covariance = inverse @ (whole.T * errors**2 @ whole) @ inverse
        expected = np.sqrt(np.diag(covariance))
        np.testing.assert_allclose(fitted.intercept_standard_errors[column], expected[0])
        np.testing.assert_allclose(fitted.standard_errors[column], expected[1:])


def test_fit_least_squares_without_noise_has_no_error():
    fitted = fit_least_squares(design_of(*planted()), np.arange(2), np.zeros(2), robust=False)
    np.testing.assert_allclose(fitted.standard_errors, 0, atol=1e-7)
    np.testing.assert_allclose(fitted.angular_errors, 0, atol=1e-4)


def test_fit_least_squares_of_latents_on_a_plane_knows_no_error():
    latents, responses = planted()
    latents[:, 2] = latents[:, 0] + latents[:, 1]
    fitted = fit_least_squares(design_of(latents, responses), np.arange(2), np.zeros(2), robust=True)
    assert fitted.rank_lost.all()
    assert np.isnan(fitted.standard_errors).all()
    assert fitted.angular_errors.tolist() == [90, 90]


def test_unchanged_gives_errors_back():
    errors = np.array([[1.0, -2.0]])
    assert unchanged(slice(None), errors) is errors
