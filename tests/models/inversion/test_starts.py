"""Latents from which searches begin."""

from __future__ import annotations

import numpy as np
import pytest

from models.inversion.objective import Objective
from models.inversion.starts import choose_starts
from tests.models.inversion.test_objective import generator as generator
from tests.models.inversion.toys import some_latents
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents

pytestmark = pytest.mark.network


def test_the_nearest_of_the_random_latents_are_taken(generator):
    objective = Objective(generator)
    candidates = draw_latents(0, 16, 6, seed=3)
    starts = choose_starts(objective, generator(candidates[[4, 9]]), count=2, candidates=16, seed=3)
    assert starts.shape == (2, 2, 6)
    np.testing.assert_allclose(starts[:, 0], candidates[[4, 9]], rtol=1e-5)


def test_what_the_encoder_finds_comes_first_and_lies_in_the_space(generator):
    found = 3 * some_latents(generator, 2)
    starts = choose_starts(
        Objective(generator), generator(found), lambda images: found, count=3, candidates=4
    )
    np.testing.assert_allclose(starts[:, 0], found / 3, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(starts, axis=2), np.sqrt(6), rtol=1e-5)
    alone = choose_starts(Objective(generator), generator(found), lambda images: found, count=1)
    np.testing.assert_allclose(alone[:, 0], found / 3, rtol=1e-5)


def test_no_start_is_refused(generator):
    with pytest.raises(UserError, match="`count` must be at least 1"):
        choose_starts(Objective(generator), generator(some_latents(generator, 1)), count=0)
