"""Angles of planes whose covariance is known."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.regression.solvers.angular_error import angular_errors, cone_angles, information_limit


@pytest.mark.parametrize(
    ("variance", "length", "posterior", "degrees"),
    [
        (0.25, 1.0, False, 30),
        (1.0, 1.0, True, 45),
        (1.0, 1.0, False, 90),
        (5.0, 1.0, False, 90),
        (0.0, 1.0, False, 0),
        (np.nan, 1.0, False, 90),
        (0.25, 0.0, False, 90),
    ],
)
def test_angular_errors_of_known_triangles(variance, length, posterior, degrees):
    assert angular_errors([variance], [length], posterior=posterior)[0] == pytest.approx(degrees)


def test_cone_angles_of_one_dimension_across_are_normal_quantiles():
    degrees = cone_angles([0.01], [0.01**2], [1.0])[0]
    assert np.sin(np.radians(degrees)) == pytest.approx(0.1 * 1.959964, rel=1e-5)


def test_cone_angles_of_few_residuals_are_student_quantiles():
    degrees = cone_angles([0.01], [0.01**2], [1.0], [10])[0]
    assert np.sin(np.radians(degrees)) == pytest.approx(0.1 * 2.228139, rel=1e-5)


def test_cone_nears_the_angular_error_in_many_dimensions():
    variances, dimensions = 0.01, 10_000
    ratio = cone_angles([variances], [variances**2 / dimensions], [1.0])[0] / angular_errors([0.01], [1.0])[0]
    assert 1 < ratio < 1.02


def test_cone_of_an_unknown_error_is_90_degrees():
    assert cone_angles([np.nan], [np.nan], [1.0])[0] == 90


def test_information_limit_is_reached_by_least_squares():
    generator = np.random.default_rng(0)
    n_samples, dim, slope = 2000, 20, 2.0
    truth = np.zeros(dim)
    truth[0] = slope
    squares = []
    for _ in range(60):
        latents = generator.standard_normal((n_samples, dim))
        responses = latents @ truth + generator.standard_normal(n_samples)
        found = np.linalg.lstsq(latents, responses, rcond=None)[0]
        squares.append(1 - (found[0] / np.linalg.norm(found)) ** 2)
    measured = np.degrees(np.arcsin(np.sqrt(np.mean(squares))))
    assert measured == pytest.approx(information_limit(n_samples, dim, slope, 1.0), rel=0.1)
