"""One compiled step of a generator against its discriminators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from models.kinds.progressive_gan import ProgressiveGanOptions
from models.losses import adversarial
from models.networks.equalized_layers import downscale, smooth, upscale
from models.training.gan.differentiable_augmentation import augment_differentiably
from models.training.gan.feature_matching import FeatureMatching
from models.training.train_step import compile_joint_step


class StepVariant(NamedTuple):
    """What tells compiled steps of one training apart.

    Attributes
    ----------
    resolution : int, in training
    fading : bool, whether it fades in
    penalized : bool, whether the pixel discriminator's loss has its gradient penalty
    generator_frozen : bool, whether the generator is left as it is
    """

    resolution: int
    fading: bool
    penalized: bool
    generator_frozen: bool


class Batch(NamedTuple):
    """Tensors of one step, n rows.

    Attributes
    ----------
    photographs : shape (n, r, r, 3), [-1, 1]
    latents : shape (n, latent_dim)
    fade : scalar, share of the resolution that fades in
    mixes : shape (n, 1, 1, 1), uniform in [0, 1)
    changes : shape (2, n, NUMBERS), uniform in [0, 1): the augmentation of photographs and of pictures
    """

    photographs: Any
    latents: Any
    fade: Any
    mixes: Any
    changes: Any


def compile_adversarial_step(
    networks: Mapping[str, keras.Model],
    optimizers: Mapping[str, keras.optimizers.Optimizer],
    options: ProgressiveGanOptions,
    full_resolution: int,
    variant: StepVariant,
    matched: Sequence[FeatureMatching] = (),
) -> Callable:
    """A function that updates all networks once, each from the others as they were before.

    The generator draws once and each discriminator scores once; all losses come from these scores.

    Parameters
    ----------
    networks, optimizers : by role: "generator", "discriminator" (pixels), "projected"; the generator
        and at least one of the others
    full_resolution : int, of the finished network
    matched : sequence of FeatureMatching, added to the generator's loss at full resolution

    Returns
    -------
    callable of the tensors of a `Batch` to a tuple: the loss of each role that is updated, in their
    order, then the mean scores of photographs and of drawn pictures
    """

    def losses(*tensors):
        by_role, scores = _losses(networks, options, full_resolution, variant, Batch(*tensors), matched)
        return (*(by_role[role] for role in updated), *scores)

    updated = [role for role in networks if not (variant.generator_frozen and role == "generator")]
    read = [
        variable
        for role, network in networks.items()
        for variable in (network.non_trainable_variables if role in updated else network.variables)
    ]
    if "projected" in networks:
        read += networks["projected"].backbone.variables
    read += [variable for matching in matched for variable in matching.variables]
    updates = [(optimizers[role], networks[role].trainable_variables) for role in updated]
    return compile_joint_step(losses, updates, read)


def _losses(networks, options, full_resolution, variant, batch, matched):
    """Losses by role, and the mean scores of photographs and pictures."""
    fade: Any = batch.fade if variant.fading else None
    photographs = batch.photographs
    if variant.fading:  # photographs fade in as the pictures do
        photographs = upscale(downscale(photographs)) * (1 - fade) + photographs * fade
    pictures = networks["generator"](batch.latents, resolution=variant.resolution, fade=fade)
    seen = changed = smooth(photographs, options.smoothing), smooth(pictures, options.smoothing)
    if options.augment:
        changed = tuple(augment_differentiably(images, batch.changes[row]) for row, images in enumerate(seen))
        seen = seen if options.augment == "projected" else changed
    by_role: dict[str, Any] = {"generator": 0.0}
    scores: list[Any] = []
    if "discriminator" in networks:

        def score(images):
            return networks["discriminator"](images, fade=fade)

        real, fake = (score(images) for images in seen)
        by_role["generator"], by_role["discriminator"] = _pixel_losses(options.loss, real, fake)
        if variant.penalized:
            relative = variant.resolution / full_resolution
            by_role["discriminator"] += _penalty(options, score, *seen, batch.mixes, relative)
        scores = [ops.mean(real), ops.mean(fake)]
    if "projected" in networks:
        real, fake = (networks["projected"](images, training=True) for images in changed)
        by_role["projected"] = adversarial.hinge_discriminator_loss(real, fake)
        by_role["generator"] += options.projected_weight * adversarial.hinge_generator_loss(fake)
        scores = scores or [ops.mean(real), ops.mean(fake)]
    if not variant.generator_frozen and variant.resolution == full_resolution:
        by_role["generator"] += sum(matching(pictures) for matching in matched)
    return by_role, scores


def _pixel_losses(loss, real, fake):
    """Losses of the generator and of the pixel discriminator."""
    if loss == "wgan-gp":
        return (
            adversarial.wasserstein_generator_loss(fake),
            adversarial.wasserstein_discriminator_loss(real, fake),
        )
    return adversarial.logistic_generator_loss(fake), adversarial.logistic_discriminator_loss(real, fake)


def _penalty(options, score, photographs, pictures, mixes, relative_resolution):
    if options.loss == "wgan-gp":
        pictures = ops.stop_gradient(pictures)
        return options.penalty * adversarial.mixed_gradient_penalty(score, photographs, pictures, mixes)
    gamma = options.penalty * relative_resolution**2
    return options.penalty_interval * gamma / 2 * adversarial.real_gradient_penalty(score, photographs)
