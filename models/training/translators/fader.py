"""Training of a Fader network: a code that hides the attributes, a decoder that is told them.

Source: Lample et al. 2017 (arXiv 1706.00409), sections 3.2 and 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from models.kinds.fader import FaderOptions
from models.loaders.labeller import LoadedLabeller, load_labeller
from models.loaders.translator import draw_fader, to_signed_range
from models.losses.levels import level_cross_entropy, other_levels
from models.networks.translators.blocks import layer_precision
from models.networks.translators.conditions import condition_shares
from models.networks.translators.fader_network import FaderConfig, build_code_reader, build_fader_network
from models.training.checkpoint import optimizer_variables
from models.training.train_step import compile_joint_step
from models.training.trainer import TEST, TRAIN, VALIDATION, PublishedNetwork, Trainer, TrainingImages
from models.training.translators.labelled_rows import (
    balanced_rows,
    conditions_of,
    label_column,
    labelled_rows,
    mirror_half,
    shuffled_rows,
)
from models.weights.weight_file import network_arrays, network_variables
from tlgan.errors import UserError

SHOWN, MEASURED = 8, 500  # images in a preview; images that figures are taken of


class FaderTrainer(Trainer):
    """State of a training: encoder and decoder, the reader of codes that they work against, optimisers, steps done.

    Parameters
    ----------
    options : FaderOptions
    name : str, of the network in its recipe
    images : TrainingImages

    Raises
    ------
    UserError
        Where an attribute has no labels or is constant, a part of the images is empty, or the widths do not fit.
    """

    checkpoint_kind: ClassVar[str] = "fader"
    unit: ClassVar[str] = "steps"
    remedy: ClassVar[str] = "Lower the `learning_rate`"
    watched: str = "missed_changes"

    def __init__(self, options: FaderOptions, name: str, images: TrainingImages):
        super().__init__()
        self.options, self.images = options, images
        conditions = conditions_of(images, options.attributes, np.linspace(0.05, 0.95, options.levels))
        self.config = FaderConfig(images.resolution, conditions, options.widths)
        self.columns = [label_column(images, attribute) for attribute in options.attributes]
        rows = labelled_rows(images, TRAIN, self.columns)
        if len(rows) < options.batch:
            raise UserError(
                f"`batch` must be at most the number of labelled training images ({len(rows)}). Got {options.batch}."
            )
        self._faces = np.ascontiguousarray(images.images[rows])
        self._shares = self._shares_of(rows)
        self._groups = self._value_groups()
        self._labeller = self._open_labeller()
        keras.utils.set_random_seed(options.seed)
        with layer_precision(options.precision):
            self.network = build_fader_network(self.config)
            self.code_reader = build_code_reader(self.config, options.dropout)
        rates = {
            "network": options.learning_rate,
            "code_reader": options.code_reader_learning_rate or options.learning_rate,
        }
        self.optimizers = {
            role: keras.optimizers.Adam(rate, beta_1=0.5, global_clipnorm=5.0) for role, rate in rates.items()
        }
        self._update = self._compile()

    def _shares_of(self, rows: np.ndarray) -> np.ndarray:
        return condition_shares(self.config.conditions, np.asarray(self.images.labels)[rows][:, self.columns])

    def _value_groups(self) -> list[np.ndarray] | None:
        """Rows of each value of the first attribute, where each is shown as often; None where all rows are alike."""
        if not self.options.balanced:
            return None
        nearest = self._shares[:, : len(self.config.conditions[0].levels)].argmax(axis=1)
        groups = [np.flatnonzero(nearest == number) for number in np.unique(nearest)]
        if len(groups) > self.options.batch:
            raise UserError(
                f"`batch` must be at least the number of values of {self.config.conditions[0].name} ({len(groups)}) "
                f"with `balanced`. Got {self.options.batch}."
            )
        return groups

    def _rows_of_step(self) -> np.ndarray:
        batch, seed = self.options.batch, self.options.seed
        if self._groups is None:
            return shuffled_rows(len(self._faces), batch, self.progress, seed)
        return balanced_rows(self._groups, batch, self.progress, seed)

    def _open_labeller(self) -> LoadedLabeller | None:
        if not self.options.labeller:
            self.notes.append("No share of changes that are missed: `labeller` names none.")
            return None
        try:
            return load_labeller(self.options.labeller)
        except UserError as error:
            self.notes.append(f"No share of changes that are missed: {error}")
            return None

    def _compile(self):
        encoder, decoder, whole = self.network
        sizes = [len(condition.levels) for condition in self.config.conditions]

        def losses(pictures, shares, secrecy):
            codes = encoder(pictures, training=True)
            error = ops.mean(ops.square(decoder([codes, shares], training=True) - pictures))
            levels = self.code_reader(codes, training=True)
            read = level_cross_entropy(levels, shares, sizes)
            hidden = level_cross_entropy(levels, other_levels(shares, sizes), sizes)
            return error + secrecy * hidden, read, error

        updates = [
            (self.optimizers["network"], whole.trainable_variables),
            (self.optimizers["code_reader"], self.code_reader.trainable_variables),
        ]
        read = whole.non_trainable_variables + self.code_reader.non_trainable_variables
        return compile_joint_step(losses, updates, read)

    @property
    def total(self) -> int:
        return self.options.steps

    @property
    def secrecy(self) -> float:
        """Weight of the loss that hides the attributes, at this step."""
        steps = self.options.secrecy_steps
        return self.options.secrecy * min(1.0, self.progress / steps if steps else 1.0)

    def train_step(self) -> Mapping[str, float] | None:
        if self.finished:
            return None
        options = self.options
        rows = self._rows_of_step()
        faces = self._faces[rows]
        if options.mirror and self.images.mirror:
            random = np.random.Generator(np.random.Philox(key=[options.seed + 2**32, self.progress]))
            faces = mirror_half(faces, random)
        _, read, error = self._update(
            ops.convert_to_tensor(to_signed_range(faces)),
            ops.convert_to_tensor(self._shares[rows]),
            ops.convert_to_tensor(np.float32(self.secrecy)),
        )
        self.progress += 1
        return {"reconstruction": float(error), "code_reader": float(read)}

    def variables(self) -> dict[str, Any]:
        variables = network_variables(self.network.whole) | network_variables(self.code_reader)
        for role, optimizer in self.optimizers.items():
            variables |= optimizer_variables(f"adam_{role}", optimizer)
        return variables

    def identity(self) -> dict[str, Any]:
        training = {
            field: getattr(self.options, field)
            for field in (
                "batch",
                "learning_rate",
                "code_reader_learning_rate",
                "secrecy",
                "secrecy_steps",
                "dropout",
                "mirror",
                "seed",
            )
        }
        if self.options.balanced:  # earlier checkpoints do not say it
            training["balanced"] = True
        return {"config": asdict(self.config), "training": training, "n_images": len(self._faces)}

    def draw(self, faces: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """Faces as the network draws them with these shares of the levels, uint8 (n, R, R, 3)."""
        return draw_fader(self.network, faces, shares)

    def preview(self) -> np.ndarray | None:
        """Faces that no training saw; below each its reconstruction, then every attribute changed in turn."""
        rows = labelled_rows(self.images, VALIDATION, self.columns)[:SHOWN]
        if len(rows) < SHOWN:
            return None
        faces, labels = self.images.images[rows], np.asarray(self.images.labels)[rows][:, self.columns]
        tried = [labels] + [self._changed(labels, place) for place in range(len(self.columns))]
        drawn = [self.draw(faces, condition_shares(self.config.conditions, values)) for values in tried]
        return np.concatenate([faces, *drawn])

    def _changed(self, labels: np.ndarray, place: int) -> np.ndarray:
        """Labels with one attribute at its other end."""
        levels = self.config.conditions[place].levels
        changed = labels.copy()
        changed[:, place] = np.where(labels[:, place] > np.mean(levels), levels[0], levels[-1])
        return changed

    def measure(self) -> dict[str, float]:
        return self._figures(VALIDATION)

    def _figures(self, part: int) -> dict[str, float]:
        rows = labelled_rows(self.images, part, self.columns)[:MEASURED]
        if not len(rows):
            return {}
        faces, labels = self.images.images[rows], np.asarray(self.images.labels)[rows][:, self.columns]
        drawn = self.draw(faces, condition_shares(self.config.conditions, labels))
        figures = {"error": float(np.abs(drawn.astype(np.float32) - faces).mean() / 255)}
        missed = [
            share
            for place in range(len(self.columns))
            if (share := self._missed(faces, labels, place)) is not None
        ]
        return figures | ({"missed_changes": float(np.mean(missed))} if missed else {})

    def _missed(self, faces: np.ndarray, labels: np.ndarray, place: int) -> float | None:
        """Share of changed faces in which the labeller does not see the binary attribute that was asked for."""
        condition, labeller = self.config.conditions[place], self._labeller
        if labeller is None or condition.kind != "binary" or condition.name not in labeller.names:
            return None
        asked = self._changed(labels, place)
        drawn = self.draw(faces, condition_shares(self.config.conditions, asked))
        seen = labeller.score_rows(drawn)[:, labeller.names.index(condition.name)] > 0
        return float((seen != (asked[:, place] > 0.5)).mean())

    def publish(self) -> tuple[list[PublishedNetwork], dict[str, Any]]:
        metadata = {"mirror": self.images.mirror}
        arrays = network_arrays(self.network.whole)
        network = PublishedNetwork("translator", "fader_network", self.config, arrays, metadata)
        return [network], {"distances": self._figures(TEST)}
