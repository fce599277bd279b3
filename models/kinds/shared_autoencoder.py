"""Options of an autoencoder with a decoder for each domain, and its training."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from models.kinds.network_kind import (
    Batch,
    Count,
    NetworkKind,
    NetworkOptions,
    Positive,
    Precision,
    Seed,
    Share,
    Width,
)

Widths = Annotated[tuple[Width, ...], msgspec.Meta(min_length=1, max_length=10)]


class SharedAutoencoderOptions(
    NetworkOptions, frozen=True, kw_only=True, tag_field="kind", tag="shared-autoencoder"
):
    """A network that draws a face of one domain as another domain's, and what decides its training.

    Attributes
    ----------
    domain : attribute whose values have a decoder each: a person, a light, smiling or not
    ranges : of a continuous attribute, equally frequent ranges that are the domains
    widths, code, decoder_widths : see `SharedAutoencoderConfig`
    steps : updates; each sees as many images of every domain
    batch : images in a step, of all domains together
    learning_rate : of Adam, with beta_1 = 0.5
    loss : "absolute", the mean absolute error, or "ssim", see `models.losses.similarity`
    warp : standard deviation of the shifts of the warp, in sides of the picture
    precision : "float32", or "mixed_bfloat16": layers in 16 bits, faster where the processor has them
    mirror : flip half of the images
    seed : of every random choice
    """

    later: ClassVar[frozenset[str]] = frozenset({"loss", "precision"})
    changeable: ClassVar[frozenset[str]] = frozenset({"precision"})

    domain: Annotated[str, msgspec.Meta(min_length=1)]
    ranges: Annotated[int, msgspec.Meta(ge=2, le=64)] = 2
    widths: Widths = (32, 64, 128, 128)
    code: Width = 128
    decoder_widths: Widths = (96, 48, 32, 24)
    steps: Count = 10_000
    batch: Batch = 64
    learning_rate: Positive = 2e-4
    loss: Literal["absolute", "ssim"] = "absolute"
    warp: Share = 5 / 256
    precision: Precision = "float32"
    mirror: bool = True
    seed: Seed = 1

    @property
    def roles(self) -> tuple[str, ...]:
        return ("translator",)


SHARED_AUTOENCODER = NetworkKind(
    name="shared-autoencoder",
    title="Autoencoder with a decoder for each domain",
    stage="shared-autoencoder",
    options=SharedAutoencoderOptions,
    trainer_module="models.training.translators.shared_autoencoder",
    trainer_class="SharedAutoencoderTrainer",
    curves=(("training loss", ("loss",)), ("mean absolute error of images that no training saw", ("error",))),
)
