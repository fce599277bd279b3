from __future__ import annotations

import numpy as np
import pytest

from data.synthetic.drawing import draw_portraits
from data.synthetic.face_parameters import FACTORS


def people(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, len(FACTORS)))


def test_draw_portraits_shape_and_type() -> None:
    pictures = draw_portraits(people(3), 24)
    assert pictures.shape == (3, 24, 24, 3)
    assert pictures.dtype == np.uint8
    assert draw_portraits(people(0)).shape == (0, 64, 64, 3)


def test_draw_portraits_does_not_depend_on_the_batch() -> None:
    factors = people(40)
    together = draw_portraits(factors)
    alone = np.concatenate([draw_portraits(factors[i : i + 1]) for i in range(30, 40)])
    np.testing.assert_allclose(together[30:].astype(int), alone.astype(int), atol=1)


def test_draw_portraits_golden() -> None:
    np.testing.assert_allclose(
        draw_portraits(people(64)).mean(axis=(0, 1, 2)), (150.98, 138.62, 132.98), atol=0.2
    )


def test_draw_portraits_agrees_between_resolutions() -> None:
    factors = people(8)
    large = draw_portraits(factors, 128).reshape(8, 64, 2, 64, 2, 3).mean(axis=(2, 4))
    assert np.abs(large - draw_portraits(factors, 64)).mean() < 2


@pytest.mark.parametrize("name", FACTORS)
def test_draw_portraits_shows_every_factor(name: str) -> None:
    # The same people at five values of one factor: each step leads further away from the first.
    factors = people(16, seed=1)
    column = FACTORS.index(name)
    steps = []
    for value in (-2, -1, 0, 1, 2):
        factors[:, column] = value
        steps.append(draw_portraits(factors).astype(int))
    change = np.abs(steps[-1] - steps[0]).max(axis=-1)
    assert ((change > 24).sum(axis=(1, 2)) >= 25).mean() > 0.8
    away = [np.abs(step - steps[0]).mean() for step in steps]
    assert (np.diff(away) > -0.02).all()


def test_draw_portraits_stays_in_range_for_extreme_factors() -> None:
    for value in (-50, 50):
        pictures = draw_portraits(np.full((1, len(FACTORS)), value, dtype=np.float64))
        assert pictures.std() > 20
