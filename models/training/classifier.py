"""Training of an attribute network: cosine schedule, exact checkpoints."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from models.losses.attribute import masked_loss
from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn
from models.training.augmentation import augment
from models.training.checkpoint import optimizer_variables, read_checkpoint, write_checkpoint
from models.training.train_step import compile_step
from models.weights.weight_file import network_variables
from tlgan.errors import UserError


@dataclass(frozen=True)
class ClassifierTraining:
    """What decides the result of a training beside network shape and data.

    Attributes
    ----------
    epochs : int, passes over the training faces
    batch : int, images in a step
    learning_rate : float, highest rate of AdamW, reached after 5 % of the steps, then a half cosine to zero
    weight_decay : float, of AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101)
    shift : int, pixels by which a face is moved at random in each direction (edges repeated)
    jitter : float, largest relative change of contrast and, times the full range, of brightness
    erase : float, side of the square blanked at a random place, as a share of the picture (0 = none;
        DeVries and Taylor 2017, arXiv 1708.04552)
    seed : int
    """

    epochs: int = 12
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    shift: int = 4
    jitter: float = 0.15
    erase: float = 0.0
    seed: int = 1


class ClassifierTrainer:
    """State of a training: network, optimiser, a step counter.

    Every random choice is keyed by (seed, step), so a resumed training takes the steps that an
    uninterrupted one would have taken.

    Parameters
    ----------
    config : AttributeCnnConfig
    training : ClassifierTraining
    binary : bool array, shape (K,)
    n_images : int, number of training faces; with `epochs` and `batch` it fixes the number of steps
    mirror : bool, whether a mirrored face has the same labels
    """

    def __init__(
        self,
        config: AttributeCnnConfig,
        training: ClassifierTraining,
        binary,
        n_images: int,
        mirror: bool = True,
    ):
        if n_images < training.batch:
            raise UserError(
                f"`batch` must be at most the number of training faces ({n_images}). Got {training.batch}."
            )
        self.config, self.training, self.n_images, self.mirror = config, training, n_images, mirror
        keras.utils.set_random_seed(training.seed)
        self.network = build_attribute_cnn(config)
        self.steps_per_epoch = n_images // training.batch
        self.n_steps = training.epochs * self.steps_per_epoch
        self.step = 0
        self.optimizer = keras.optimizers.AdamW(training.learning_rate, weight_decay=training.weight_decay)
        self.optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        binary = np.asarray(binary, "float32")

        def loss(images, labels):
            return (masked_loss(self.network(images, training=True)[0], labels, binary),)

        self._update = compile_step(
            loss, self.optimizer, self.network.trainable_variables, self.network.non_trainable_variables
        )

    def train_step(self, images, labels) -> float | None:
        """One update; returns the loss, or None when all steps are done.

        Parameters
        ----------
        images : uint8 array-like, shape (n_images, R, R, 3)
        labels : float32 array, shape (n_images, K); continuous ones standardised, NaN = unknown
        """
        if self.step >= self.n_steps:
            return None
        epoch, place = divmod(self.step, self.steps_per_epoch)
        order = np.random.Generator(np.random.Philox(key=[self.training.seed, epoch])).permutation(
            self.n_images
        )
        rows = np.sort(order[place * self.training.batch : (place + 1) * self.training.batch])
        random = np.random.Generator(np.random.Philox(key=[self.training.seed + 2**32, self.step]))
        faces = augment(images[rows], self.training, random, self.mirror)
        self.optimizer.learning_rate = self._learning_rate()
        (loss,) = self._update(ops.convert_to_tensor(faces), ops.convert_to_tensor(labels[rows]))
        self.step += 1
        return float(loss)

    def _learning_rate(self):
        warm = max(1, self.n_steps // 20)
        if self.step < warm:
            return self.training.learning_rate * (self.step + 1) / warm
        return (
            self.training.learning_rate
            * 0.5
            * (1 + math.cos(math.pi * (self.step - warm) / (self.n_steps - warm)))
        )

    def _state(self):
        return network_variables(self.network) | optimizer_variables("adam", self.optimizer)

    def _identity(self):
        return {"config": asdict(self.config), "training": asdict(self.training), "n_images": self.n_images}

    def save(self, path: Path) -> None:
        """Write a checkpoint that `restore` continues exactly."""
        write_checkpoint(path, "classifier", self._identity(), self.step, self._state())

    def restore(self, path: Path) -> None:
        """Continue from a checkpoint of the same network, training and data size; else `UserError`."""
        self.step = read_checkpoint(path, "classifier", self._identity(), self._state())
