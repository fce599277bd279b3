"""Huber's loss by hand, and fits in the presence of outliers."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tlgan.regression.solvers.planted_design import design_of
from tlgan.regression.solvers.huber import BEND, fit_huber, huber_loss
from tlgan.regression.solvers.least_squares import fit_least_squares

TRUTH = np.array([1.0, 2.0, 0.0, -1.0])


@pytest.mark.parametrize(
    ("error", "value", "first", "second"),
    [
        (0.0, 0.0, 0.0, 1.0),
        (1.0, 0.5, 1.0, 1.0),
        (-2.0, 2.0, -2.0, 1.0),
        (5.0, 8.0, 2.0, 0.0),
        (-5.0, 8.0, -2.0, 0.0),
    ],
)
def test_huber_loss_is_a_square_up_to_the_bend_and_a_line_beyond(error, value, first, second):
    values = huber_loss(np.array([2.0]), np.array([[error + 7.0]]), np.array([[7.0]]))
    assert [array[0, 0] for array in values] == [value, first, second]


def planted(outliers: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(2)
    latents = random.standard_normal((600, 4))
    responses = latents @ TRUTH + 0.1 * random.standard_normal(600)
    responses[:outliers] += 40 * np.sign(latents[:outliers, 2])
    return latents, responses[:, None]


@pytest.mark.parametrize("robust", [False, True])
def test_fit_huber_is_not_moved_by_outliers(robust):
    design = design_of(*planted(outliers=12))
    found = fit_huber(design, np.arange(1), np.zeros(1), robust=robust)
    assert found.converged.all()
    wrong = fit_least_squares(design, np.arange(1), np.zeros(1), robust=robust)
    assert np.abs(wrong.coefficients[0] - TRUTH).max() > 0.5
    np.testing.assert_allclose(found.coefficients[0], TRUTH, atol=0.1)
    assert (found.standard_errors < wrong.standard_errors / 5).all()


def test_fit_huber_meets_its_first_order_condition():
    latents, responses = planted(outliers=30)
    ridge = 0.05
    found = fit_huber(design_of(latents, responses), np.arange(1), np.array([ridge]), robust=False)
    start = np.linalg.lstsq(
        np.vstack([latents - latents.mean(axis=0), np.sqrt(600 * ridge) * np.eye(4)]),
        np.r_[responses[:, 0] - responses.mean(), np.zeros(4)],
        rcond=None,
    )[0]
    residuals = np.abs(responses[:, 0] - responses.mean() - (latents - latents.mean(axis=0)) @ start)
    bend = BEND * np.median(residuals) / 0.6744897501960817
    errors = latents @ found.coefficients[0] + found.intercepts[0] - responses[:, 0]
    pull = np.clip(errors, -bend, bend)
    np.testing.assert_allclose(latents.T @ pull / 600, -ridge * found.coefficients[0], atol=1e-6)
    assert pull.mean() == pytest.approx(0, abs=1e-6)
