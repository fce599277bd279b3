"""Adversarial losses against their formulas in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.losses import adversarial

pytestmark = pytest.mark.network
RANDOM = np.random.default_rng(0)
REAL, FAKE = RANDOM.normal(size=(2, 6)).astype("float32")
HEADS = RANDOM.normal(size=(2, 6, 4)).astype("float32")


def softplus(values):
    return np.logaddexp(0, values)


@pytest.mark.parametrize(
    ("loss", "inputs", "wanted"),
    [
        (adversarial.logistic_generator_loss, (FAKE,), softplus(-FAKE).mean()),
        (
            adversarial.logistic_discriminator_loss,
            (REAL, FAKE),
            softplus(FAKE).mean() + softplus(-REAL).mean(),
        ),
        (adversarial.wasserstein_generator_loss, (FAKE,), -FAKE.mean()),
        (
            adversarial.wasserstein_discriminator_loss,
            (REAL, FAKE),
            FAKE.mean() - REAL.mean() + 0.001 * np.square(REAL).mean(),
        ),
        (adversarial.hinge_generator_loss, (HEADS[1],), -HEADS[1].mean(axis=0).sum()),
        (
            adversarial.hinge_discriminator_loss,
            (HEADS[0], HEADS[1]),
            (np.maximum(0, 1 - HEADS[0]) + np.maximum(0, 1 + HEADS[1])).mean(axis=0).sum(),
        ),
    ],
)
def test_losses_are_their_formulas(loss, inputs, wanted):
    assert float(loss(*map(ops.convert_to_tensor, inputs))) == pytest.approx(float(wanted), rel=1e-4)


def linear_score(weights):
    return lambda images: ops.sum(images * weights, axis=(1, 2, 3))


def test_gradient_penalties_of_a_linear_score_are_its_slope():
    weights = RANDOM.normal(size=(4, 4, 3)).astype("float32")
    real, drawn = (
        ops.convert_to_tensor(RANDOM.normal(size=(5, 4, 4, 3)).astype("float32")) for _ in range(2)
    )
    score, square = linear_score(ops.convert_to_tensor(weights)), np.square(weights).sum()
    assert float(adversarial.real_gradient_penalty(score, real)) == pytest.approx(square, rel=1e-4)
    mixes = ops.convert_to_tensor(RANDOM.random((5, 1, 1, 1)).astype("float32"))
    penalty = adversarial.mixed_gradient_penalty(score, real, drawn, mixes)
    assert float(penalty) == pytest.approx((np.sqrt(square) - 1) ** 2, rel=1e-4)
