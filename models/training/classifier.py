"""Training of an attribute network: masked loss, cosine schedule, calibration and scores at the end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from models.inference.compile import compile_forward
from models.kinds.attribute_cnn import AttributeCnnOptions
from models.losses.attribute import masked_loss
from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn, read_faces
from models.training.augmentation import augment
from models.training.checkpoint import optimizer_variables
from models.training.train_step import compile_step
from models.training.trainer import TEST, TRAIN, VALIDATION, PublishedNetwork, Trainer, TrainingImages
from models.weights.feature_statistics import fit_feature_statistics
from models.weights.weight_file import network_arrays, network_variables
from tlgan.errors import UserError
from tlgan.evaluation.classifier_metrics import binary_scores, continuous_scores, fit_temperature

SHAPE = ("architecture", "widths", "depths", "dropout", "application", "application_weights")
SCHEDULE = ("epochs", "batch", "learning_rate", "weight_decay", "shift", "jitter", "erase", "seed")
READ_BATCH = 128


class ClassifierTrainer(Trainer):
    """State of a training: network, optimiser, steps done.

    Categorical labels are left out: a network has one output for each attribute. Continuous labels are
    standardised for training; what is published reads in their own unit.

    Parameters
    ----------
    options : AttributeCnnOptions
    name : str, of the network in its recipe
    images : TrainingImages

    Raises
    ------
    UserError
        Where a part of the images is empty, an attribute has no label, or shapes do not fit.
    """

    checkpoint_kind: ClassVar[str] = "classifier"
    unit: ClassVar[str] = "steps"
    remedy: ClassVar[str] = "Lower the `learning_rate`"

    def __init__(self, options: AttributeCnnOptions, name: str, images: TrainingImages):
        super().__init__()
        self.options, self.images = options, images
        columns = readable_columns(images)
        if len(columns) < len(images.names):
            left_out = [name for column, name in enumerate(images.names) if column not in columns]
            self.notes.append(f"Left out, since categorical: {', '.join(left_out)}")
        self.names, self.kinds, self.units = (
            [facts[column] for column in columns] for facts in (images.names, images.kinds, images.units)
        )
        self.labels = np.asarray(images.labels)[:, columns]
        self._check_parts()
        rows = images.rows(TRAIN)
        if len(rows) < options.batch:
            raise UserError(
                f"`batch` must be at most the number of training faces ({len(rows)}). Got {options.batch}."
            )
        binary = np.array([kind == "binary" for kind in self.kinds])
        self._offsets, self._scales = standard_units(self.labels[rows], binary)
        self._faces = np.ascontiguousarray(images.images[rows])
        self._standard_labels = (self.labels[rows] - self._offsets) / self._scales
        self.config = AttributeCnnConfig(
            images.resolution, len(binary), **{field: getattr(options, field) for field in SHAPE}
        )
        keras.utils.set_random_seed(options.seed)
        self.network = build_attribute_cnn(self.config)
        self.steps_per_epoch = len(rows) // options.batch
        self.optimizer = keras.optimizers.AdamW(options.learning_rate, weight_decay=options.weight_decay)
        self.optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        binary = binary.astype("float32")

        def loss(faces, labels):
            return (masked_loss(self.network(faces, training=True)[0], labels, binary),)

        self._update = compile_step(
            loss, self.optimizer, self.network.trainable_variables, self.network.non_trainable_variables
        )

    def _check_parts(self) -> None:
        images = self.images
        counts = np.bincount(images.split, minlength=3)
        if not counts.all():
            raise UserError(
                f"{images.source}: must hold faces to train, calibrate and test. Got "
                f"{', '.join(map(str, counts))}. Change `data.split`, or give more faces."
            )
        unknown = np.isnan(self.labels[images.rows(TRAIN)]).all(axis=0)
        if unknown.any():
            raise UserError(
                f"{images.source}: must have a label of every attribute among {counts[TRAIN]} training faces. "
                f"Got none of {self.names[int(np.argmax(unknown))]}. Leave it out of the table, or give more "
                "faces."
            )

    @property
    def total(self) -> int:
        return self.options.epochs * self.steps_per_epoch

    def train_step(self) -> Mapping[str, float] | None:
        if self.finished:
            return None
        options = self.options
        epoch, place = divmod(self.progress, self.steps_per_epoch)
        order = np.random.Generator(np.random.Philox(key=[options.seed, epoch])).permutation(len(self._faces))
        rows = np.sort(order[place * options.batch : (place + 1) * options.batch])
        random = np.random.Generator(np.random.Philox(key=[options.seed + 2**32, self.progress]))
        faces = augment(
            self._faces[rows],
            random,
            shift=options.shift,
            jitter=options.jitter,
            erase=options.erase,
            mirror=self.images.mirror,
        )
        self.optimizer.learning_rate = self._learning_rate()
        (loss,) = self._update(
            ops.convert_to_tensor(faces), ops.convert_to_tensor(self._standard_labels[rows])
        )
        self.progress += 1
        return {"loss": float(loss)}

    def _learning_rate(self) -> float:
        highest, warm = self.options.learning_rate, max(1, self.total // 20)
        if self.progress < warm:
            return highest * (self.progress + 1) / warm
        return highest * 0.5 * (1 + math.cos(math.pi * (self.progress - warm) / (self.total - warm)))

    def variables(self) -> dict[str, Any]:
        return network_variables(self.network) | optimizer_variables("adam", self.optimizer)

    def identity(self) -> dict[str, Any]:
        training = {field: getattr(self.options, field) for field in SCHEDULE}
        return {"config": asdict(self.config), "training": training, "n_images": len(self._faces)}

    def publish(self) -> tuple[list[PublishedNetwork], dict[str, Any]]:
        read = compile_forward(lambda batch: read_faces(self.network, batch, self.images.mirror), READ_BATCH)

        def outputs(part):
            rows = self.images.rows(part)
            return *read(self.images.images[rows]), self.labels[rows]

        scales, offsets = np.array(self._scales), np.array(self._offsets)
        raw, features, known = outputs(VALIDATION)
        for column, kind in enumerate(self.kinds):
            if kind == "binary":
                scales[column], offsets[column] = 1 / fit_temperature(raw[:, column], known[:, column]), 0.0
        statistics = fit_feature_statistics(raw * scales + offsets, features)
        raw, _, known = outputs(TEST)
        attributes = self._scores(raw, raw * scales + offsets, known)
        metrics = {
            "test_faces": len(known),
            "test_identities_are_held_out": self.images.known_people,
            "means": mean_scores(attributes),
            "attributes": attributes,
        }
        metadata = {
            "names": self.names,
            "kinds": self.kinds,
            "units": [
                "logit" if kind == "binary" else unit
                for kind, unit in zip(self.kinds, self.units, strict=True)
            ],
            "mirror": self.images.mirror,
            "scales": [float(value) for value in scales],
            "offsets": [float(value) for value in offsets],
        }
        arrays = network_arrays(self.network)
        network = PublishedNetwork(
            self.options.role, "attribute_cnn", self.config, arrays, metadata, statistics
        )
        return [network], metrics

    def _scores(self, raw, scores, known) -> dict[str, dict[str, float]]:
        attributes = {}
        for column, (name, kind) in enumerate(zip(self.names, self.kinds, strict=True)):
            score = binary_scores if kind == "binary" else continuous_scores
            attributes[name] = score(scores[:, column], known[:, column])
            if kind == "binary":
                uncalibrated = binary_scores(raw[:, column], known[:, column])["calibration_error"]
                attributes[name]["uncalibrated_error"] = uncalibrated
        return attributes


def readable_columns(images: TrainingImages) -> list[int]:
    """Columns of the labels that a network can read: binary and continuous ones.

    Raises
    ------
    UserError
        Where there is none.
    """
    columns = [column for column, kind in enumerate(images.kinds) if kind in ("binary", "continuous")]
    if not columns:
        raise UserError(
            f"{images.source}: must have a binary or continuous label. Got none. Give other labels."
        )
    return columns


def standard_units(labels: np.ndarray, binary: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Offsets and scales that bring continuous labels to mean 0 and deviation 1; 0 and 1 for binary ones."""
    mean, deviation = np.nanmean(labels, axis=0), np.nanstd(labels, axis=0)
    offsets = np.where(binary, 0.0, mean).astype("float32")
    return offsets, np.where(binary | (deviation == 0), 1.0, deviation).astype("float32")


def mean_scores(attributes: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Mean of every score over the attributes that have it."""
    keys = {key for scores in attributes.values() for key in scores} - {"n"}
    return {
        key: float(np.nanmean([scores[key] for scores in attributes.values() if key in scores]))
        for key in sorted(keys)
    }
