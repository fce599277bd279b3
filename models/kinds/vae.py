"""Options of a variational autoencoder and its training."""

from __future__ import annotations

from typing import ClassVar

from models.kinds.network_kind import (
    Batch,
    Count,
    CountOrZero,
    NetworkKind,
    NetworkOptions,
    NotNegative,
    Positive,
    Seed,
    Width,
)


class VaeOptions(NetworkOptions, frozen=True, kw_only=True, tag_field="kind", tag="vae"):
    """A variational autoencoder, and what decides its training beside the images.

    Attributes
    ----------
    latent_dim : length of a latent
    encoder_maps, decoder_maps : feature maps, see `VaeConfig`
    steps : updates of the whole training
    batch : images in a step
    learning_rate : of Adam
    decay_steps : steps at the end over which the learning rate falls to zero, as half a cosine
    kl_weight : of the divergence from the prior, in nats for each pixel value, against the mean squared error
        of pixels in [-1, 1]: twice the variance of the noise that the decoder allows for
    warmup_steps : steps over which that weight (Sønderby et al. 2016, arXiv 1602.02282) and the learning rate rise
    features : labeller whose features must be reproduced beside the pixels; empty: pixels alone
    feature_weight : of the share of the features' variance that is not reproduced
    feature_every : of every so many images of a batch the features of one are compared; more is faster
    mirror : flip half of the photographs
    seed : of every random choice
    """

    changeable: ClassVar[frozenset[str]] = frozenset({"steps", "decay_steps", "learning_rate"})

    latent_dim: Width = 128
    encoder_maps: tuple[Width, ...] = (32, 64, 128, 256)
    decoder_maps: tuple[Width, ...] = (256, 128, 64, 32)
    steps: Count = 50_000
    batch: Batch = 128
    learning_rate: Positive = 5e-4
    decay_steps: CountOrZero = 5_000
    kl_weight: NotNegative = 0.01
    warmup_steps: CountOrZero = 2_000
    features: str = ""
    feature_weight: Positive = 0.005
    feature_every: Count = 1
    mirror: bool = True
    seed: Seed = 1

    @property
    def roles(self) -> tuple[str, ...]:
        return ("encoder", "generator")


VAE = NetworkKind(
    name="vae",
    title="Variational autoencoder",
    stage="vae",
    options=VaeOptions,
    trainer_module="models.training.encoders.variational_autoencoder",
    trainer_class="VaeTrainer",
    curves=(
        ("loss", ("loss",)),
        ("signal to noise, dB", ("psnr",)),
        ("divergence, nats", ("divergence",)),
        ("share of features missed", ("features",)),
    ),
)
