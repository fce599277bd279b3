"""Options of an attribute network and its training."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from models.kinds.network_kind import (
    Batch,
    Count,
    Depth,
    NetworkKind,
    NetworkOptions,
    NotNegative,
    Positive,
    Seed,
    Share,
    Width,
)


class AttributeCnnOptions(NetworkOptions, frozen=True, kw_only=True, tag_field="kind", tag="attribute-cnn"):
    """A network that reads attributes from faces, and what decides its training beside the images.

    Attributes
    ----------
    role : "labeller", or "judge": a labeller of other architecture and seed that scores edits
    architecture, widths, depths, dropout, application, application_weights : see `AttributeCnnConfig`
    epochs : passes over the training faces
    batch : images in a step
    learning_rate : highest rate of AdamW, reached after 5 % of the steps, then a half cosine to zero
    weight_decay : of AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101)
    shift : pixels by which a face is moved at random in each direction (edges repeated)
    jitter : largest relative change of contrast and, times the full range, of brightness
    erase : side of the square blanked at a random place, as a share of the picture (0 = none; DeVries
        and Taylor 2017, arXiv 1708.04552)
    seed : of every random choice
    """

    role: Literal["labeller", "judge"] = "labeller"
    architecture: Literal["residual", "plain", "application"] = "residual"
    widths: tuple[Width, ...] = (32, 64, 128, 256)
    depths: tuple[Depth, ...] = (1, 2, 2, 1)
    dropout: Share = 0.3
    application: str = ""
    application_weights: Literal["", "imagenet"] = ""
    epochs: Count = 12
    batch: Batch = 64
    learning_rate: Positive = 2e-3
    weight_decay: NotNegative = 0.02
    shift: Annotated[int, msgspec.Meta(ge=0, le=4096)] = 4
    jitter: Share = 0.15
    erase: Share = 0.0
    seed: Seed = 1

    @property
    def roles(self) -> tuple[str, ...]:
        return (self.role,)


ATTRIBUTE_CNN = NetworkKind(
    name="attribute-cnn",
    title="Attribute network",
    stage="classifier",
    options=AttributeCnnOptions,
    trainer_module="models.training.classifier",
    trainer_class="ClassifierTrainer",
    former_title="classifier {role}",
    curves=(("loss", ("loss",)),),
)
