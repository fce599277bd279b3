"""What a generator allows decides how latents are searched for."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.inversion.inverter import Inverter, SearchOptions
from models.inversion.objective import Objective
from tests.models.inversion.test_objective import generator as generator
from tests.models.inversion.toys import some_latents
from tlgan.errors import UserError

pytestmark = pytest.mark.network


def test_the_encoder_alone_takes_no_steps(generator):
    latents = some_latents(generator, 2)
    found = Inverter(Objective(generator), lambda images: latents)(generator(latents), SearchOptions(0))
    np.testing.assert_array_equal(found.latents, latents)
    assert (found.steps, found.path.shape) == ((0,), (1, 2, 6))
    np.testing.assert_allclose(found.distances, 0, atol=1e-6)


def test_no_steps_without_an_encoder_are_refused(generator):
    with pytest.raises(UserError, match=r"there is no encoder\. Got 0\. Train one with `make train"):
        Inverter(Objective(generator))(generator(some_latents(generator, 1)), SearchOptions(0))


def test_a_search_is_compiled_once_for_a_number_of_rows(generator):
    inverter = Inverter(Objective(generator))
    pictures = generator(some_latents(generator, 2))
    options = SearchOptions(steps=3, starts=2)
    assert inverter.count_steps(2, options) == 3
    first = inverter(pictures, options)
    descents = dict(inverter._descents)
    np.testing.assert_allclose(inverter(pictures, options).latents, first.latents, atol=1e-4)
    assert inverter._descents == descents
    assert list(descents) == [4]


def test_without_gradients_an_evolution_searches(generator):
    pytest.importorskip("cma")
    drawn = dataclasses.replace(generator, draw_tensors=None)
    inverter, told = Inverter(Objective(drawn)), []
    pictures = generator(some_latents(generator, 2))
    options = SearchOptions(steps=3, starts=2)
    assert inverter(pictures, options, told.append).latents.shape == (2, 6)
    assert sum(told) == inverter.count_steps(2, options) == 6


@pytest.mark.parametrize("wrong", [{"steps": -1}, {"steps": 10_001}, {"starts": 0}, {"starts": 65}])
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(UserError, match="must be from"):
        SearchOptions(**wrong)
