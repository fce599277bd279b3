"""Options of a Fader network and its training."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from models.kinds.network_kind import (
    Batch,
    Count,
    CountOrZero,
    NetworkKind,
    NetworkOptions,
    NotNegative,
    Positive,
    Precision,
    Seed,
    Share,
    Width,
)

Attribute = Annotated[str, msgspec.Meta(min_length=1)]


class FaderOptions(NetworkOptions, frozen=True, kw_only=True, tag_field="kind", tag="fader"):
    """A network that redraws a face with chosen attributes, and what decides its training beside the images.

    Attributes
    ----------
    attributes : the attributes that the decoder is told, binary, categorical or continuous; several at once
        blur the picture
    levels : values of a continuous attribute that the decoder knows, see `Condition`
    widths : maps of the encoder's layers, see `FaderConfig`
    steps : updates
    batch : images in a step
    balanced : show as many images of each value of the first attribute, however rare it is; otherwise the code of a
        common value is driven towards the rare one
    learning_rate : of Adam, with beta_1 = 0.5
    code_reader_learning_rate : of the network that reads the attributes off the code; absent: `learning_rate`
    secrecy : weight of the loss that hides the attributes from the code, at the end
    secrecy_steps : steps over which that weight rises from 0 in a line
    dropout : of the network that reads the attributes off the code
    labeller : labeller, by name or file, that says whether a changed attribute is seen; the state to publish is
        chosen by it. Empty: the last state is published
    precision : "float32", or "mixed_bfloat16": layers in 16 bits, faster where the processor has them
    mirror : flip half of the images
    seed : of every random choice
    """

    later: ClassVar[frozenset[str]] = frozenset({"balanced", "precision"})
    changeable: ClassVar[frozenset[str]] = frozenset({"precision"})

    attributes: Annotated[tuple[Attribute, ...], msgspec.Meta(min_length=1, max_length=40)]
    levels: Annotated[int, msgspec.Meta(ge=2, le=64)] = 5
    widths: Annotated[tuple[Width, ...], msgspec.Meta(min_length=1, max_length=10)] = (32, 64, 128, 256)
    steps: Count = 20_000
    batch: Batch = 32
    balanced: bool = False
    learning_rate: Positive = 2e-4
    code_reader_learning_rate: Positive | None = None
    secrecy: NotNegative = 1e-3
    secrecy_steps: CountOrZero = 10_000
    dropout: Share = 0.3
    labeller: str = ""
    precision: Precision = "float32"
    mirror: bool = True
    seed: Seed = 1

    @property
    def roles(self) -> tuple[str, ...]:
        return ("translator",)


FADER = NetworkKind(
    name="fader",
    title="Fader network",
    stage="fader",
    options=FaderOptions,
    trainer_module="models.training.translators.fader",
    trainer_class="FaderTrainer",
    curves=(
        ("reconstruction", ("reconstruction",)),
        ("attributes read off the code", ("code_reader",)),
        ("changes that the labeller does not see", ("missed_changes",)),
    ),
)
