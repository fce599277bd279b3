"""One step of a generator against its discriminators, on networks of one number each."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

from models.kinds.progressive_gan import ProgressiveGanOptions
from models.training.gan.adversarial_step import StepVariant, compile_adversarial_step
from models.training.gan.feature_matching import KEEP, MEAN_WEIGHT, FeatureMatching

pytestmark = pytest.mark.network

PHOTOGRAPHS = np.full((4, 2, 2, 3), 0.5, "float32")
DRIFT = 0.001  # times the squared score of photographs, 1; its slope in the weight is the same here
LATENTS = np.ones((4, 1), "float32")


class Shift(keras.Model):
    """Draws flat pictures: its only weight times the latent."""

    def __init__(self, weight: float, **kwargs) -> None:
        super().__init__(**kwargs)
        self.weight = self.add_weight(shape=(), initializer=keras.initializers.Constant(weight))
        self.built = True

    def call(self, latents, resolution=None, fade=None):
        return ops.ones((4, 2, 2, 3)) * ops.reshape(latents * self.weight, (4, 1, 1, 1))


class Scale(keras.Model):
    """Scores pictures: its only weight times their mean."""

    def __init__(self, weight: float, **kwargs) -> None:
        super().__init__(**kwargs)
        self.weight = self.add_weight(shape=(), initializer=keras.initializers.Constant(weight))
        self.built = True

    def call(self, images, fade=None, training=False):
        return ops.mean(images, axis=(1, 2, 3)) * self.weight


class Contrast(Scale):
    """Scores pictures: its only weight times their mean square."""

    def call(self, images, fade=None, training=False):
        return super().call(ops.square(images))


def run_step(
    penalized=False,
    frozen=False,
    fading=False,
    matched=(),
    full_resolution=4,
    photographs=PHOTOGRAPHS,
    discriminator=Scale,
    **options,
):
    """Losses and figures of a step, and both weights after it; rates are 1."""
    networks = {"generator": Shift(-1.0), "discriminator": discriminator(2.0)}
    optimizers = {role: keras.optimizers.SGD(1.0) for role in networks}
    step = compile_adversarial_step(
        networks,
        optimizers,
        ProgressiveGanOptions(loss="wgan-gp", **options),
        full_resolution=full_resolution,
        variant=StepVariant(2, fading, penalized, frozen),
        matched=matched,
    )
    fade, mixes = np.float32(0.5), np.full((4, 1, 1, 1), 0.5, "float32")
    figures = step(*map(ops.convert_to_tensor, (photographs, LATENTS, fade, mixes)), ())
    weights = [float(ops.convert_to_numpy(network.weight)) for network in networks.values()]
    return [float(ops.convert_to_numpy(figure)) for figure in figures], weights


def test_step_returns_losses_and_scores_and_updates_both_from_before():
    (drawn, judged, real, fake), (shift, scale) = run_step()
    assert (real, fake) == pytest.approx((1.0, -2.0))
    assert drawn == pytest.approx(2.0)  # minus the mean score of pictures
    assert judged == pytest.approx(-3.0 + DRIFT)  # score of pictures less that of photographs
    assert shift == pytest.approx(-1.0 + 2.0)
    assert scale == pytest.approx(2.0 + 1.5 - DRIFT)  # photographs less pictures: 0.5 + 1


def test_step_leaves_a_frozen_generator_as_it_is():
    (judged, real, fake), (shift, scale) = run_step(frozen=True)
    assert (judged, real, fake) == pytest.approx((-3.0 + DRIFT, 1.0, -2.0))
    assert (shift, scale) == pytest.approx((-1.0, 3.5 - DRIFT))


def test_a_discriminator_sees_smoothed_photographs_and_pictures():
    checks = np.tile(np.array([[0.5, -0.5], [-0.5, 0.5]], "float32")[None, :, :, None], (4, 1, 1, 3))
    (_, _, real, fake), _ = run_step(photographs=checks, discriminator=Contrast, smoothing=1.0)
    left = (1 - np.exp(-0.5)) / (1 + np.exp(-0.5))  # of the difference of two pixels, along each side
    assert real == pytest.approx(2.0 * (0.5 * left**2) ** 2, rel=1e-4)
    assert fake == pytest.approx(2.0)  # a flat picture stays


def test_penalty_is_added_to_the_loss_of_the_discriminator():
    (_, judged, *_), _ = run_step(penalized=True, penalty=10.0)
    slope = 2.0 / np.sqrt(12)  # of a mean over 12 numbers
    assert judged == pytest.approx(-3.0 + DRIFT + 10.0 * (slope - 1) ** 2, rel=1e-4)


def test_nothing_is_matched_below_the_full_resolution():
    matching = FeatureMatching(
        lambda images: ops.mean(images, axis=(1, 2, 3))[:, None], np.array([[-0.5], [0.5]])
    )
    assert run_step(matched=[matching]) == run_step()


@pytest.mark.parametrize("frozen", [False, True])
def test_matching_is_added_to_the_loss_of_the_generator_alone(frozen):
    features = np.array([[-0.5], [0.5]])
    matching = FeatureMatching(lambda images: ops.mean(images, axis=(1, 2, 3))[:, None], features, 10.0)
    before = ops.convert_to_numpy(matching.mean)
    figures, _ = run_step(frozen=frozen, matched=[matching], full_resolution=2)
    assert figures[-3] == pytest.approx(-3.0 + DRIFT)
    if frozen:
        np.testing.assert_array_equal(ops.convert_to_numpy(matching.mean), before)
    else:
        code = -1.0 / np.sqrt(0.5)  # all pictures are -1; the scaled component has variance 1
        mean, second = (1 - KEEP) * code, KEEP + (1 - KEEP) * code**2
        wanted = MEAN_WEIGHT * mean**2 + (second - 1) ** 2
        assert figures[0] == pytest.approx(2.0 + 10.0 * wanted, rel=1e-4)
