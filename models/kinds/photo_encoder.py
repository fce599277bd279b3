"""Options of a photo encoder and its training."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from models.kinds.network_kind import (
    Count,
    NetworkKind,
    NetworkOptions,
    NotNegative,
    Positive,
    Seed,
    Width,
)

Text = Annotated[str, msgspec.Meta(max_length=1000)]


class PhotoEncoderOptions(NetworkOptions, frozen=True, kw_only=True, tag_field="kind", tag="photo-encoder"):
    """A network that finds latents of one generator for photographs, and what decides its training.

    Attributes
    ----------
    generator : the generator, by name or file; its weights stay as they are
    features : labeller in whose feature maps pictures are compared, by name or file; empty for pixels alone
    widths : feature maps after each halving of the picture
    steps : updates of the whole training
    batch : pictures in a step, one half photographs, the other drawn by the generator
    learning_rate : highest rate of AdamW, reached after 5 % of the steps, then a half cosine to zero
    weight_decay : of AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101)
    latent_weight : of the distance between the latents that pictures were drawn from and those found
    pixel_weight : of the distance between photographs and what is drawn of their latents, in pixels
    feature_weight : of the same distance in feature maps
    seed : of every random choice
    """

    changeable: ClassVar[frozenset[str]] = frozenset({"steps"})

    generator: Text = "celeba64"
    features: Text = "celeba64"
    widths: tuple[Width, ...] = (32, 64, 128, 192)
    steps: Count = 10_000
    batch: Annotated[int, msgspec.Meta(ge=2, le=2**16)] = 32
    learning_rate: Positive = 1e-3
    weight_decay: NotNegative = 0.01
    latent_weight: NotNegative = 1.0
    pixel_weight: NotNegative = 10.0
    feature_weight: NotNegative = 1.0
    seed: Seed = 1

    @property
    def roles(self) -> tuple[str, ...]:
        return ("encoder",)

    @property
    def source(self) -> str:
        return self.generator


PHOTO_ENCODER = NetworkKind(
    name="photo-encoder",
    title="Photo encoder",
    stage="photo-encoder",
    options=PhotoEncoderOptions,
    trainer_module="models.training.encoders.photo_encoder",
    trainer_class="PhotoEncoderTrainer",
    curves=(
        ("loss", ("loss", "validation_loss")),
        ("PSNR of photographs, dB", ("psnr",)),
    ),
)
