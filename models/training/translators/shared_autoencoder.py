"""Training of an autoencoder with a decoder for each domain, as DeepFakes does it.

Every step shows the encoder as many warped faces of each domain; each decoder draws its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from models.kinds.shared_autoencoder import SharedAutoencoderOptions
from models.loaders.translator import draw_domains
from models.losses.similarity import LEAST_SIDE, structural_dissimilarity
from models.networks.translators.blocks import layer_precision
from models.networks.translators.conditions import Condition
from models.networks.translators.shared_autoencoder import SharedAutoencoderConfig, build_shared_autoencoder
from models.training.checkpoint import optimizer_variables
from models.training.train_step import compile_step
from models.training.trainer import TEST, TRAIN, VALIDATION, PublishedNetwork, Trainer, TrainingImages
from models.training.translators.labelled_rows import (
    balanced_rows,
    conditions_of,
    label_column,
    labelled_rows,
    mirror_half,
)
from models.training.translators.warp import warp_faces
from models.weights.weight_file import network_arrays, network_variables
from tlgan.errors import UserError

FEWEST = 50  # training images of a domain
SHOWN, MEASURED = 8, 200


class SharedAutoencoderTrainer(Trainer):
    """State of a training: encoder, decoders, optimiser, steps done.

    Parameters
    ----------
    options : SharedAutoencoderOptions
    name : str, of the network in its recipe
    images : TrainingImages

    Raises
    ------
    UserError
        Where the attribute is constant or never labelled, a domain has too few images, or widths do not fit.
    """

    checkpoint_kind: ClassVar[str] = "shared-autoencoder"
    unit: ClassVar[str] = "steps"
    remedy: ClassVar[str] = "Lower the `learning_rate`"
    watched: str = "error"

    def __init__(self, options: SharedAutoencoderOptions, name: str, images: TrainingImages):
        super().__init__()
        self.options, self.images = options, images
        middles = (np.arange(options.ranges) + 0.5) / options.ranges
        (domain,) = conditions_of(images, [options.domain], middles)
        self.config = SharedAutoencoderConfig(
            images.resolution, domain, options.widths, options.code, options.decoder_widths
        )
        self._distance = self._choose_distance()
        self._column = label_column(images, options.domain)
        self._share = options.batch // len(domain.levels)
        rows = self._rows_by_domain(TRAIN)
        self._counts = [len(own) for own in rows]
        self._check_counts()
        self._faces = np.concatenate([images.images[own] for own in rows])
        self._groups = np.split(np.arange(len(self._faces)), np.cumsum(self._counts)[:-1])
        keras.utils.set_random_seed(options.seed)
        with layer_precision(options.precision):
            self.network = build_shared_autoencoder(self.config)
        self.optimizer = keras.optimizers.Adam(options.learning_rate, beta_1=0.5)
        whole = self.network.whole
        self._update = compile_step(
            self._loss, self.optimizer, whole.trainable_variables, whole.non_trainable_variables
        )

    def _choose_distance(self) -> Callable[[Any, Any], Any]:
        if self.options.loss == "absolute":
            return lambda drawn, wanted: ops.mean(ops.abs(drawn - wanted))
        if self.images.resolution < LEAST_SIDE:
            raise UserError(
                f'`loss` must be "absolute" for images of fewer than {LEAST_SIDE} pixels per side. '
                f'Got "ssim" and {self.images.resolution}.'
            )
        return structural_dissimilarity

    def _rows_by_domain(self, part: int) -> list[np.ndarray]:
        rows = labelled_rows(self.images, part, [self._column])
        domains = nearest_level(self.config.domain, np.asarray(self.images.labels)[rows, self._column])
        return [rows[domains == number] for number in range(len(self.config.domain.levels))]

    def _check_counts(self) -> None:
        domain = self.config.domain
        for level, count in zip(domain.levels, self._counts, strict=True):
            if count < FEWEST:
                raise UserError(
                    f"{self.images.source}: must have {FEWEST} training images at least of each value of "
                    f"{domain.name}. Got {count} of {level:g}. Give more, or name another `domain`."
                )
        if not self._share:
            raise UserError(
                f"`batch` must be at least the number of domains ({len(domain.levels)}). Got {self.options.batch}."
            )

    def _loss(self, warped, moved):
        """Distance of each decoder's pictures from its own; rows are ordered by domain, as many of each."""
        features = self.network.encoder(warped, training=True)
        errors = []
        for number, decoder in enumerate(self.network.decoders):
            own = slice(number * self._share, (number + 1) * self._share)
            errors.append(self._distance(decoder(features[own], training=True), moved[own]))
        return (sum(errors) / len(errors),)

    @property
    def total(self) -> int:
        return self.options.steps

    def train_step(self) -> Mapping[str, float] | None:
        if self.finished:
            return None
        options = self.options
        random = np.random.Generator(np.random.Philox(key=[options.seed + 2**32, self.progress]))
        shown = self._share * len(self._groups)
        faces = self._faces[balanced_rows(self._groups, shown, self.progress, options.seed)]
        if options.mirror and self.images.mirror:
            faces = mirror_half(faces, random)
        warped, moved = warp_faces(faces, random, options.warp)
        (loss,) = self._update(ops.convert_to_tensor(warped), ops.convert_to_tensor(moved))
        self.progress += 1
        return {"loss": float(loss)}

    def variables(self) -> dict[str, Any]:
        return network_variables(self.network.whole) | optimizer_variables("adam", self.optimizer)

    def identity(self) -> dict[str, Any]:
        training = {
            field: getattr(self.options, field)
            for field in ("batch", "learning_rate", "warp", "mirror", "seed")
        }
        if self.options.loss != "absolute":  # earlier checkpoints do not say it
            training["loss"] = self.options.loss
        return {
            "config": asdict(self.config),
            "training": training,
            "n_images": self._counts,
        }

    def draw(self, faces: np.ndarray, number: int) -> np.ndarray:
        """Faces as the decoder of one domain draws them, uint8 (n, R, R, 3)."""
        return draw_domains(self.network, faces, np.full(len(faces), number))

    def preview(self) -> np.ndarray | None:
        """Faces that no training saw, and below each what every decoder makes of it."""
        rows = self.images.rows(VALIDATION)[:SHOWN]
        if len(rows) < SHOWN:
            return None
        faces = self.images.images[rows]
        return np.concatenate([faces, *(self.draw(faces, number) for number in range(len(self._groups)))])

    def measure(self) -> dict[str, float]:
        return self._figures(VALIDATION)

    def _figures(self, part: int) -> dict[str, float]:
        """Mean absolute error of faces drawn by the decoder of their own domain, over the domains."""
        errors = []
        for number, rows in enumerate(self._rows_by_domain(part)):
            faces = self.images.images[rows[:MEASURED]]
            if len(faces):
                drawn = self.draw(faces, number)
                errors.append(float(np.abs(drawn.astype(np.float32) - faces).mean() / 255))
        return {"error": float(np.mean(errors))} if errors else {}

    def publish(self) -> tuple[list[PublishedNetwork], dict[str, Any]]:
        arrays = network_arrays(self.network.whole)
        network = PublishedNetwork("translator", "shared_autoencoder", self.config, arrays)
        return [network], {"distances": self._figures(TEST)}


def nearest_level(domain: Condition, values: np.ndarray) -> np.ndarray:
    """Number of the level that each value of a domain belongs to.

    Parameters
    ----------
    values : float array, shape (n,)
    """
    return np.abs(values[:, None] - np.array(domain.levels)).argmin(axis=1)
