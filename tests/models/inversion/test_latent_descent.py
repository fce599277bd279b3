"""Search by gradients: pictures of known latents are found again."""

from __future__ import annotations

import numpy as np
import pytest

from models.inversion.latent_descent import RATE, LatentDescent, learning_rate
from models.inversion.objective import Objective
from models.inversion.starts import choose_starts
from tests.models.inversion.test_objective import generator as generator
from tests.models.inversion.toys import mean_error, some_latents
from tlgan.errors import UserError

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def searched(generator):
    objective = Objective(generator)
    pictures = generator(some_latents(generator, 2))
    starts = choose_starts(objective, pictures, count=4, candidates=32)
    descent, told = LatentDescent(objective, 8), []
    return descent, pictures, starts, descent(pictures, starts, 60, told.append), told


def test_drawn_pictures_are_found_again(generator, searched):
    _, pictures, starts, found, told = searched
    assert found.latents.shape == (2, 6)
    np.testing.assert_allclose(np.linalg.norm(found.latents, axis=1), np.sqrt(6), rtol=1e-5)
    before, after = (mean_error(generator(latents), pictures) for latents in (starts[:, 0], found.latents))
    assert (after < 0.3 * before).all()
    assert sum(told) == 60


def test_path_leads_from_a_start_to_what_was_found(generator, searched):
    _, _, starts, found, _ = searched
    assert found.steps == (0, 1, 3, 6, 15, 30, 60)
    assert found.path.shape == (7, 2, 6)
    np.testing.assert_array_equal(found.path[-1], found.latents)
    for row in range(2):
        assert np.isclose(found.path[0, row], starts[row], atol=1e-6).all(axis=1).any()


def test_a_second_search_begins_anew(searched):
    descent, pictures, starts, found, _ = searched
    again = descent(pictures, starts, 60)
    np.testing.assert_allclose(again.latents, found.latents, atol=1e-3)


def test_learning_rate_rises_and_falls():
    rates = [learning_rate(step, 100) for step in range(100)]
    assert rates[0] < rates[3] < rates[50] == pytest.approx(RATE)
    assert rates[99] < 0.01 * RATE
    assert rates[50:] == sorted(rates[50:], reverse=True)


def test_wrong_numbers_are_refused(generator, searched):
    descent, pictures, starts, _, _ = searched
    with pytest.raises(UserError, match="`starts` must have 8 rows"):
        descent(pictures, starts[:1], 5)
    with pytest.raises(UserError, match="`steps` must be from 1"):
        descent(pictures, starts, 0)


def test_a_generator_without_gradients_is_refused(generator):
    class Drawn:
        name, latent_space, latent_dim, resolution = "drawn", "sphere", 6, 8

    with pytest.raises(UserError, match="no gradient passes through generator drawn"):
        LatentDescent(Objective(Drawn()), 4)
