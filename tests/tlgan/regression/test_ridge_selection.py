"""The ridge that predicts held-out rows best."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from tests.tlgan.regression.solvers.planted_design import design_of
from tlgan.regression.ridge_selection import STRENGTHS, choose_ridge
from tlgan.regression.streaming.row_stream import held_out_rows


def planted(n: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    latents = random.standard_normal((n, 20))
    scores = latents[:, :2] * 2 + noise * random.standard_normal((n, 2))
    return latents, scores


def test_choose_ridge_is_the_least_held_out_error_of_closed_form_fits():
    latents, scores = planted(90, noise=3.0)
    chosen = choose_ridge(design_of(latents, scores, 0.4), np.arange(2), "gaussian")
    held = held_out_rows(0, 90, 0.4, 0)
    x, y = latents[~held], scores[~held]
    errors = []
    for strength in STRENGTHS:
        centred = x - x.mean(axis=0)
        matrix = centred.T @ centred + len(x) * strength * np.eye(20)
        found = np.linalg.solve(matrix, centred.T @ (y - y.mean(axis=0)))
        predicted = (latents[held] - x.mean(axis=0)) @ found + y.mean(axis=0)
        errors.append(((scores[held] - predicted) ** 2).sum(axis=0))
    np.testing.assert_array_equal(chosen, np.array(STRENGTHS)[np.argmin(errors, axis=0)])
    assert (chosen > 0).all()


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_choose_ridge_is_stronger_for_noise_than_for_a_signal(family):
    latents, scores = planted(150, noise=0.1)
    scores[:, 1] = np.random.default_rng(1).standard_normal(150)
    responses = scores if family == "gaussian" else expit(scores)
    signal, nothing = choose_ridge(design_of(latents, responses, 0.3), np.arange(2), family)
    assert signal <= 1e-3
    assert nothing >= 0.3


def test_choose_ridge_without_held_out_rows_is_zero():
    design = design_of(*planted(60, noise=1.0))
    assert choose_ridge(design, np.arange(2), "gaussian").tolist() == [0, 0]
