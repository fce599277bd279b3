"""The objective of inversions: nothing at the truth, the same for tensors and arrays."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.inversion.objective import InversionWeights, Objective
from tests.models.inversion.toys import some_latents, write_toy_generator
from tlgan.errors import UserError

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    return write_toy_generator(tmp_path_factory.mktemp("weights") / "toy.generator.h5")


def test_objective_is_least_at_the_truth(generator):
    objective = Objective(generator)
    latents = some_latents(generator, 3)
    targets = objective.describe(generator(latents))
    np.testing.assert_allclose(objective.measure(latents, targets), 0, atol=1e-6)
    assert (objective.measure(some_latents(generator, 3, seed=9), targets) > 0.01).all()


def test_features_and_weights_add_up(generator):
    class Features:
        resolution, sha256 = 8, ""

        @staticmethod
        def describe(images):
            return [ops.mean(images, axis=(1, 2))]

    latents, others = some_latents(generator, 3), some_latents(generator, 3, seed=9)
    parts = [
        Objective(generator, Features(), InversionWeights(pixels, features, 0.0))
        for pixels, features in ((1, 0), (0, 1), (2, 3))
    ]
    pixels, features, both = (
        objective.measure(latents, objective.describe(generator(others))) for objective in parts
    )
    np.testing.assert_allclose(both, 2 * pixels + 3 * features, rtol=1e-5)


@pytest.mark.parametrize(
    "wrong", [np.zeros((1, 4, 4, 3), "uint8"), np.zeros((8, 8, 3), "uint8"), np.zeros((1, 8, 8, 3))]
)
def test_photographs_of_another_shape_are_refused(generator, wrong):
    with pytest.raises(UserError, match="`photographs` must be uint8 of shape"):
        Objective(generator).describe(wrong)
