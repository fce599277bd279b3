"""Sums of latents, worked out: weights, terms for people, and where errors point."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.recipe.load import load_recipe
from pipelines.runs.face_space import open_face_space
from pipelines.runs.finished_run import seeded_latents
from pipelines.runs.latent_sum import work_out
from tlgan.editing.algebra.attribute_means import attribute_mean
from tlgan.editing.algebra.terms import ExpressionError, MeanTerm

pytestmark = pytest.mark.network


@pytest.fixture
def space(faces):
    return open_face_space(load_recipe(str(faces)))


def test_sum_is_that_of_its_terms(space):
    found = work_out(space, "0.5 * (seed(3) + seed(8)) - mean(Male)")
    seeds = seeded_latents(space.generator, [3, 8]).astype("float64")
    wanted = seeds.mean(axis=0) - attribute_mean(space.table, MeanTerm("Male")).latent
    np.testing.assert_allclose(found.latent, wanted, atol=1e-9)
    assert found.lines[:2] == ("+0.5 × the face of seed 3", "+0.5 × the face of seed 8")
    assert found.lines[2].startswith("-1 × mean of ")


def test_errors_of_terms_point_at_them(space):
    with pytest.raises(ExpressionError, match=r"There is no attribute 'Wings'.* At column 11") as caught:
        work_out(space, "seed(1) + mean(Wings)")
    assert caught.value.pointed.endswith(" " * 10 + "^")
