"""Options of a progressive GAN and its training."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from models.kinds.network_kind import (
    Batch,
    Count,
    CountOrZero,
    NetworkKind,
    NetworkOptions,
    NotNegative,
    Pixels,
    Positive,
    Precision,
    Resolution,
    Seed,
    Width,
)


class Phase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One resolution of the schedule: fade in over `fade_images`, then train `stable_images` more."""

    resolution: Literal[4] | Resolution
    fade_images: CountOrZero
    stable_images: CountOrZero
    batch: Batch


class ProgressiveGanOptions(
    NetworkOptions, frozen=True, kw_only=True, tag_field="kind", tag="progressive-gan"
):
    """A progressive GAN and what decides the result of its training beside the images.

    Attributes
    ----------
    latent_dim : length of a latent
    maps : feature maps of the generator at 4, 8, …, resolution
    schedule : phases, growing in resolution
    loss : "logistic-r1" or "wgan-gp", of the pixel discriminator
    penalty : weight of the gradient penalty: WGAN-GP's lambda, or R1's gamma at full resolution. At a
        resolution r below the full one R, gamma is scaled by (r/R)²: pictures with fewer pixels lie
        closer together, so telling them apart takes a steeper discriminator
    penalty_interval : steps between penalties of "logistic-r1", each then weighted by the interval; "wgan-gp"
        has its penalty in every step
    learning_rate : of the generator's Adam, with beta_1 = 0, beta_2 = 0.99, epsilon 1e-8 as in the paper
    average_half_life : images after which a weight's share in the moving average has halved; early on,
        a twentieth of the images seen, so that the average does not drag the first steps along
    mirror : flip half of the photographs
    seed : of every random choice
    discriminator : "pixel" (the paper's, with `loss`), "projected" (hinge loss), or "both"
    discriminator_maps : feature maps of the pixel discriminator; empty: `maps`
    discriminator_learning_rate : of the pixel discriminator; absent: `learning_rate`
    projected_learning_rate : of the projected discriminator
    projected_resolution : pixels per side at which its frozen network sees pictures
    projected_weight : of its loss beside the pixel discriminator's
    augment : whether both discriminators see pictures changed at random (true), the projected one alone
        ("projected"), or neither (false). Seen unchanged by one of them, colours cannot drift
    smoothing : deviation in pixels of the Gaussian that smooths what both discriminators see, so that they do not
        tell drawn pictures by their texture alone; 0: none
    start : a generator to start from, by name or file: its weights, widened where `maps` are multiples, and those
        of the discriminators that lie beside it, where they fit
    start_noise : deviation of the noise on widened weights, relative to theirs
    warmup_images : images in which the discriminators learn while the generator waits
    decay_images : images at the end of the schedule over which the learning rates fall to a twentieth
    precision : "float32", or "mixed_bfloat16": convolutions in 16 bits
    labeller : labeller whose features and scores the figures use; empty: `weights`
    features : labeller in whose features drawn faces must have the photographs' mean and covariance, at full
        resolution; empty: none. Fréchet distances in these features are then trained for: quote those of another
        network
    feature_weight : of that distance beside the discriminators' losses
    pixel_weight : of the same distance in windows of 7×7 pixels, against textures that photographs do not have,
        and in pictures shrunk to 16×16, for as varied light, colours and poses; 0: none
    """

    later: ClassVar[frozenset[str]] = frozenset(
        {
            "discriminator",
            "discriminator_maps",
            "discriminator_learning_rate",
            "projected_learning_rate",
            "projected_resolution",
            "projected_weight",
            "augment",
            "smoothing",
            "start",
            "start_noise",
            "warmup_images",
            "decay_images",
            "precision",
            "labeller",
            "features",
            "feature_weight",
            "pixel_weight",
        }
    )
    changeable: ClassVar[frozenset[str]] = frozenset({"schedule", "decay_images", "precision", "labeller"})

    latent_dim: Width = 128
    maps: tuple[Width, ...] = (128, 128, 96, 48, 16)
    schedule: tuple[Phase, ...] = ()
    loss: Literal["logistic-r1", "wgan-gp"] = "logistic-r1"
    penalty: NotNegative = 0.2
    penalty_interval: Count = 8
    learning_rate: Positive = 1.5e-3
    average_half_life: Count = 5_000
    mirror: bool = True
    seed: Seed = 1
    discriminator: Literal["pixel", "projected", "both"] = "pixel"
    discriminator_maps: tuple[Width, ...] = ()
    discriminator_learning_rate: Positive | None = None
    projected_learning_rate: Positive = 1e-4
    projected_resolution: Pixels = 64
    projected_weight: Positive = 1.0
    augment: bool | Literal["projected"] = False
    smoothing: NotNegative = 0.0
    start: str = ""
    start_noise: NotNegative = 0.1
    warmup_images: CountOrZero = 0
    decay_images: CountOrZero = 0
    precision: Precision = "float32"
    labeller: str = ""
    features: str = ""
    feature_weight: Positive = 4.0
    pixel_weight: NotNegative = 0.0

    @property
    def roles(self) -> tuple[str, ...]:
        return ("generator",) if self.discriminator == "projected" else ("generator", "discriminator")

    @property
    def source(self) -> str:
        return self.start

    def parameters(self, name: str) -> dict:
        counted = super().parameters(name)
        schedule = [[getattr(phase, field) for field in phase.__struct_fields__] for phase in self.schedule]
        return counted | {"schedule": schedule}


PROGRESSIVE_GAN = NetworkKind(
    name="progressive-gan",
    title="Progressive GAN",
    stage="gan",
    options=ProgressiveGanOptions,
    trainer_module="models.training.gan.progressive_gan",
    trainer_class="ProgressiveGanTrainer",
    former_title="gan",
    curves=(
        ("Fréchet distance", ("frechet", "frechet_judge")),
        ("sliced Wasserstein distance, ×1000", ("sliced_wasserstein",)),
        ("precision and recall", ("precision", "recall")),
        ("spread, drawn over photographs", ("feature_spread", "score_spread")),
        ("attributes below a third of their share", ("rare_attributes",)),
        ("share of drawn faces that are found", ("faces_found",)),
    ),
)
