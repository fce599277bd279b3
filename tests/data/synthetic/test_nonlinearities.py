from __future__ import annotations

import numpy as np
import pytest

from data.synthetic.nonlinearities import (
    BEND,
    BENT_PLACES,
    NONLINEARITIES,
    SHAPES,
    bend,
    expectations,
)


@pytest.mark.parametrize("nonlinearity", NONLINEARITIES)
def test_nonlinearities_are_monotone_with_true_slope_and_inverse(nonlinearity: str) -> None:
    curve = NONLINEARITIES[nonlinearity]
    x = np.linspace(-3, 3, 601)
    y = curve.value(x)
    assert (np.diff(y) > 0).all()
    np.testing.assert_allclose(curve.slope(x)[1:-1], np.gradient(y, x)[1:-1], rtol=1e-3)
    np.testing.assert_allclose(curve.inverse(y), x, atol=1e-9)
    np.testing.assert_allclose([y[300], curve.slope(np.zeros(1))[0]], [0, 1], atol=1e-12)


def test_bent_factors_have_unit_variance_and_move_where_another_does() -> None:
    linear = np.random.default_rng(0).standard_normal((200_000, 20))
    bent = bend(linear)
    np.testing.assert_allclose(bent.mean(axis=0), 0, atol=0.01)
    np.testing.assert_allclose(bent.std(axis=0), 1, atol=0.02)
    other = linear[:, BENT_PLACES]
    assert abs(np.corrcoef(bent[:, 0], other)[0, 1]) < 0.01  # no straight line finds it
    assert np.corrcoef(bent[:, 0], other**2)[0, 1] == pytest.approx(
        BEND * np.sqrt(2) / np.sqrt(1 + 2 * BEND**2), abs=0.01
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_expectations_are_means_over_the_latents(shape: str) -> None:
    random = np.random.default_rng(1)
    linear = random.standard_normal((200_000, 20))
    linear[:, BENT_PLACES] = 0.6 * linear[:, 0] + 0.8 * linear[:, BENT_PLACES]
    factor = bend(linear)[:, 0] if shape == "bent" else NONLINEARITIES[shape].value(linear[:, 0])
    points = expectations(shape, np.full(1, 0.6))
    assert points.weights.sum() == pytest.approx(1)
    for measure in (lambda y: y > 0.7, np.abs, lambda y: y):
        assert np.squeeze(measure(points.values) @ points.weights) == pytest.approx(
            measure(factor).mean(), abs=0.02
        )
