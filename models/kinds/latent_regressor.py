"""Options of the latent regressor and its training: the table `[regress]` of a recipe."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from models.kinds.network_kind import Count, CountOrZero, NotNegative, Positive, Seed, Share


class RegressorOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A network from latents to all scores at once, which edits follow.

    Attributes
    ----------
    kind : "mlp", or "none" for axes without a regressor
    average_with : further attribute networks; scores to learn are the mean of theirs and the labeller's, in standard
        deviations, of every attribute that they know by its name
    members : networks whose mean is the prediction; their scatter says where it is unsure
    widths : units of each hidden layer
    components : principal components of the pictures that are predicted too, so that edits hold what is in a
        picture beside the attributes; none where the sample keeps no images
    dropout : share of the units of a hidden layer left out in a training step
    epochs : passes over the training rows
    batch : rows in a step
    learning_rate : highest rate of AdamW, reached after 5 % of the steps, then a half cosine to zero
    weight_decay : of AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101), times the learning rate
    held_out : share of the rows that no training sees; the figures are of these
    validation : share of the rows by which the state to keep is chosen
    least_rows : with fewer rows no network is trained
    most_rows : rows read at most, the first of the sample
    seed : of every random choice
    """

    kind: Literal["mlp", "none"] = "mlp"
    average_with: tuple[str, ...] = ()
    members: Annotated[int, msgspec.Meta(ge=1, le=32)] = 2
    widths: Annotated[tuple[Count, ...], msgspec.Meta(max_length=15)] = (512, 512)
    components: CountOrZero = 64
    dropout: Share = 0.2
    epochs: Count = 40
    batch: Count = 256
    learning_rate: Positive = 2e-3
    weight_decay: NotNegative = 0.3
    held_out: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.1
    validation: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.05
    least_rows: Count = 2_000
    most_rows: Count = 50_000
    seed: Seed = 0
