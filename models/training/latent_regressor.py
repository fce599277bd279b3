"""Training of the latent regressor: from latents to all scores, on the rows that a sample and its labels have."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from models.kinds.latent_regressor import RegressorOptions
from models.losses.regression import masked_regression_loss
from models.networks.latent_regressor import build_latent_regressor, layer_arrays
from models.training.checkpoint import optimizer_variables
from models.training.train_step import compile_step
from models.training.trainer import TRAIN, VALIDATION, PublishedNetwork, Trainer
from models.weights.weight_file import network_variables

WARM_SHARE = 20  # the learning rate rises over one part in so many of the steps


@dataclass(frozen=True, eq=False)
class LabelledLatents:
    """Rows to train a latent regressor on.

    Attributes
    ----------
    latents : float32 array, shape (n, latent_dim), as the generator sees them
    targets : float32 array, shape (n, n_targets); NaN = unknown
        Scores of mean 0 and deviation 1, or labels of 0 and 1.
    logistic : bool array, shape (n_targets,), which are labels
    split : uint8 array, shape (n,), TRAIN, VALIDATION or TEST
    """

    latents: np.ndarray
    targets: np.ndarray
    logistic: np.ndarray
    split: np.ndarray


class LatentRegressorTrainer(Trainer):
    """State of a training: an ensemble of perceptrons, one optimiser, epochs done.

    The members see the same rows in the same order; they differ by their first weights and their dropout.

    Parameters
    ----------
    options : RegressorOptions
    rows : LabelledLatents
    """

    checkpoint_kind: ClassVar[str] = "latent-regressor"
    unit: ClassVar[str] = "epochs"
    remedy: ClassVar[str] = "Lower `regress.learning_rate`"
    watched: str = "validation_loss"

    def __init__(self, options: RegressorOptions, rows: LabelledLatents):
        super().__init__()
        self.options, self.rows = options, rows
        self._training = np.flatnonzero(rows.split == TRAIN)
        self._batch = min(options.batch, len(self._training))
        self.steps_per_epoch = len(self._training) // self._batch
        keras.utils.set_random_seed(options.seed)
        self.network = build_latent_regressor(
            rows.latents.shape[1],
            rows.targets.shape[1],
            members=options.members,
            widths=options.widths,
            dropout=options.dropout,
        )
        self.optimizer = keras.optimizers.AdamW(options.learning_rate, weight_decay=options.weight_decay)
        logistic = rows.logistic.astype("float32")

        def loss(latents, targets):
            return (masked_regression_loss(self.network(latents, training=True), targets, logistic),)

        self._update = compile_step(
            loss, self.optimizer, self.network.trainable_variables, self.network.non_trainable_variables
        )
        self._logistic = logistic

    @property
    def total(self) -> int:
        return self.options.epochs

    def train_step(self) -> Mapping[str, float] | None:
        """One pass over the training rows."""
        if self.finished:
            return None
        random = np.random.Generator(np.random.Philox(key=[self.options.seed, self.progress]))
        order = self._training[random.permutation(len(self._training))]
        losses = []
        for step in range(self.steps_per_epoch):
            rows = order[step * self._batch : (step + 1) * self._batch]
            self.optimizer.learning_rate = self._learning_rate(self.progress * self.steps_per_epoch + step)
            (loss,) = self._update(
                ops.convert_to_tensor(self.rows.latents[rows]), ops.convert_to_tensor(self.rows.targets[rows])
            )
            losses.append(loss)
        self.progress += 1
        return {"loss": float(np.mean([float(loss) for loss in losses]))}

    def _learning_rate(self, step: int) -> float:
        total = self.total * self.steps_per_epoch
        highest, warm = self.options.learning_rate, max(1, total // WARM_SHARE)
        if step < warm:
            return highest * (step + 1) / warm
        return highest * 0.5 * (1 + math.cos(math.pi * (step - warm) / (total - warm)))

    def measure(self) -> dict[str, float]:
        rows = np.flatnonzero(self.rows.split == VALIDATION)
        predicted = self.network(ops.convert_to_tensor(self.rows.latents[rows]), training=False)
        loss = masked_regression_loss(
            predicted, ops.convert_to_tensor(self.rows.targets[rows]), self._logistic
        )
        return {"validation_loss": float(loss)}

    def variables(self) -> dict[str, Any]:
        return network_variables(self.network) | optimizer_variables("adam", self.optimizer)

    def identity(self) -> dict[str, Any]:
        return {
            "members": self.options.members,
            "widths": list(self.options.widths),
            "epochs": self.options.epochs,
            "n_rows": len(self._training),
            "n_targets": int(self.rows.targets.shape[1]),
        }

    def layers(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Weights and biases of each layer, see `models.networks.latent_regressor.layer_arrays`."""
        return layer_arrays(self.network)

    def publish(self) -> tuple[list[PublishedNetwork], dict[str, Any]]:
        """No weight file: what is learned becomes part of an axis file."""
        return [], self.measure()
