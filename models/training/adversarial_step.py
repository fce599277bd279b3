"""One compiled step of a generator against its discriminators."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import keras
from keras import ops

from models.kinds.progressive_gan import ProgressiveGanOptions
from models.losses import adversarial
from models.networks.equalized_layers import downscale, upscale
from models.training.differentiable_augmentation import augment_differentiably
from models.training.train_step import compile_joint_step


def compile_adversarial_step(
    networks: Mapping[str, keras.Model],
    optimizers: Mapping[str, keras.optimizers.Optimizer],
    options: ProgressiveGanOptions,
    full_resolution: int,
    resolution: int,
    fading: bool,
    penalized: bool,
    waits: bool,
) -> Callable:
    """A function that updates all networks once, each from the others as they were before.

    The generator draws once and each discriminator scores once; all losses come from these scores.

    Parameters
    ----------
    networks, optimizers : by role: "generator", "discriminator" (pixels), "projected"; the generator
        and at least one of the others
    full_resolution : int, of the finished network
    resolution : int, in training
    fading : bool, whether the resolution fades in
    penalized : bool, whether the pixel discriminator's loss has its gradient penalty in this step
    waits : bool, whether the generator is left as it is

    Returns
    -------
    callable of tensors (photographs, latents, fade, mixes, changes) to a tuple: the loss of each role
    that is updated, in their order, then the mean scores of photographs and of drawn pictures
    """
    generator = networks["generator"]
    pixel, projected = networks.get("discriminator"), networks.get("projected")

    def losses(photographs, latents, fade, mixes, changes):
        blend = fade if fading else None
        if fading:  # photographs fade in as the pictures do
            photographs = upscale(downscale(photographs)) * (1 - fade) + photographs * fade
        pictures = generator(latents, resolution=resolution, fade=blend)
        if options.augment:
            photographs = augment_differentiably(photographs, changes[0])
            pictures = augment_differentiably(pictures, changes[1])
        by_role, figures = {"generator": 0.0}, []
        if pixel is not None:
            real, fake = (pixel(batch, fade=blend) for batch in (photographs, pictures))
            drawn, judged = _pixel_losses(options.loss, real, fake)
            if penalized:

                def score(images):
                    return pixel(images, fade=blend)

                relative = resolution / full_resolution
                judged = judged + _penalty(options, score, photographs, pictures, mixes, relative)
            by_role |= {"generator": drawn, "discriminator": judged}
            figures = [ops.mean(real), ops.mean(fake)]
        if projected is not None:
            real, fake = (projected(batch, training=True) for batch in (photographs, pictures))
            by_role["projected"] = adversarial.hinge_discriminator_loss(real, fake)
            by_role["generator"] += options.projected_weight * adversarial.hinge_generator_loss(fake)
            figures = figures or [ops.mean(real), ops.mean(fake)]
        if waits:
            by_role.pop("generator")
        return (*by_role.values(), *figures)

    updated = [role for role in networks if not (waits and role == "generator")]
    read = [
        variable
        for role, network in networks.items()
        for variable in (network.non_trainable_variables if role in updated else network.variables)
    ]
    if projected is not None:
        read += projected.backbone.variables
    updates = [(optimizers[role], networks[role].trainable_variables) for role in updated]
    return compile_joint_step(losses, updates, read)


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
