"""Minima of losses whose minimum is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tlgan.regression.solvers.planted_design import design_of
from tlgan.regression.solvers.estimates import LinearModel
from tlgan.regression.solvers.lbfgs import LossValues, minimise
from tlgan.regression.solvers.least_squares import solve_least_squares
from tlgan.regression.solvers.logistic import binomial_loss


def squared_loss(predictors: np.ndarray, responses: np.ndarray) -> LossValues:
    errors = predictors - responses
    return LossValues(errors**2 / 2, errors, np.ones_like(errors))


def quartic_loss(predictors: np.ndarray, responses: np.ndarray) -> LossValues:
    errors = predictors - responses
    return LossValues(errors**4 / 4, errors**3, 3 * errors**2)


def start_at(width: int, value: float = 0.0) -> LinearModel:
    return LinearModel(np.full((width, 4), value), np.full(width, value))


NEVER = np.zeros(2, dtype=bool)


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    latents = random.standard_normal((300, 4)) * [1.0, 3.0, 0.1, 1.0] + 2.0
    return latents, latents @ random.standard_normal((4, 2)) + random.standard_normal((300, 2))


@pytest.mark.parametrize("ridge", [0.0, 0.5])
def test_minimise_squared_loss_is_least_squares(data, ridge):
    design, ridges = design_of(*data), np.full(2, ridge)
    found = minimise(design, np.arange(2), lambda places: squared_loss, ridges, start_at(2, 5.0), NEVER)
    expected = solve_least_squares(design, np.arange(2), ridges)
    assert found.converged.all()
    np.testing.assert_allclose(found.coefficients, expected.coefficients, rtol=1e-8)
    np.testing.assert_allclose(found.intercepts, expected.intercepts, rtol=1e-8)
    np.testing.assert_allclose(found.mean_weights, 1.0)


def test_minimise_gives_each_column_its_own_loss(data):
    latents, responses = data
    responses[:, 1] = latents @ [1.0, 0.0, 2.0, -1.0] + 3.0  # on a plane: any loss has its minimum there
    losses = [squared_loss, quartic_loss]

    def loss(places):
        def both(predictors, responses):
            parts = [losses[place](predictors[:, [i]], responses[:, [i]]) for i, place in enumerate(places)]
            return LossValues(*(np.hstack(columns) for columns in zip(*parts, strict=True)))

        return both

    found = minimise(design_of(latents, responses), np.arange(2), loss, np.zeros(2), start_at(2), NEVER)
    np.testing.assert_allclose(found.coefficients[1], [1.0, 0.0, 2.0, -1.0], atol=1e-2)
    expected = solve_least_squares(design_of(latents, responses), np.arange(1), np.zeros(1))
    np.testing.assert_allclose(found.coefficients[0], expected.coefficients[0], rtol=1e-8)


def test_minimise_stops_where_a_plane_splits_labels_without_error():
    latents = np.random.default_rng(4).standard_normal((200, 4))
    labels = np.stack([latents[:, 0] > 0, np.arange(200) % 2], axis=1).astype(float)
    hard = np.ones(2, dtype=bool)
    found = minimise(
        design_of(latents, labels), np.arange(2), lambda places: binomial_loss, np.zeros(2), start_at(2), hard
    )
    assert found.separated.tolist() == [True, False]
    assert found.converged[1]
    predicted = latents @ found.coefficients[0] + found.intercepts[0] > 0
    np.testing.assert_array_equal(predicted, labels[:, 0] == 1)
