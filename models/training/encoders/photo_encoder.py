"""Training of a photo encoder: on pictures whose latents are known, and on photographs through the generator.

Where no gradient passes through the generator, a network of another project, it learns from drawn pictures alone.

Sources: Zhu et al. 2020 (arXiv 2004.00049), section 3.1, an encoder trained through the generator on real photographs;
Perarnau et al. 2016 (arXiv 1611.06355), on drawn pictures with their latents.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from models.inference.compile import run_in_batches, to_bytes
from models.kinds.photo_encoder import PhotoEncoderOptions
from models.loaders.frozen_features import load_frozen_features
from models.loaders.generator import load_generator
from models.losses.inversion import feature_distances, pixel_distances
from models.networks.photo_encoder import PhotoEncoderConfig, build_photo_encoder
from models.training.checkpoint import optimizer_variables
from models.training.train_step import compile_step
from models.training.trainer import TEST, TRAIN, VALIDATION, PublishedNetwork, Trainer, TrainingImages
from models.weights.weight_file import network_arrays, network_variables
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents

WARM_SHARE = 20  # the learning rate rises over one part in so many of the steps
MOST_MEASURED = 512  # photographs of a part
READ_BATCH = 32
PREVIEWS = 16


class PhotoEncoderTrainer(Trainer):
    """State of a training: the encoder and its optimiser; generator and features are frozen.

    Parameters
    ----------
    options : PhotoEncoderOptions
    name : str, of the network in its recipe
    images : TrainingImages

    Raises
    ------
    UserError
        Where there are too few photographs, or of another size than the generator draws or the features read.
    """

    checkpoint_kind: ClassVar[str] = "photo-encoder"
    unit: ClassVar[str] = "steps"
    remedy: ClassVar[str] = "Lower the `learning_rate`"
    watched: str = "validation_loss"

    def __init__(self, options: PhotoEncoderOptions, name: str, images: TrainingImages):
        super().__init__()
        self.options, self.images = options, images
        self.generator = load_generator(options.generator)
        self._features = load_frozen_features(options.features) if options.features else None
        self._rows = images.rows(TRAIN)
        self._check()
        self.config = PhotoEncoderConfig(
            images.resolution, self.generator.latent_dim, options.widths, self.generator.latent_space
        )
        keras.utils.set_random_seed(options.seed)
        self.network = build_photo_encoder(self.config)
        self.optimizer = keras.optimizers.AdamW(options.learning_rate, weight_decay=options.weight_decay)
        self.optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        self._update = compile_step(
            self._loss_of_drawn if self.generator.draw_tensors is None else self._loss,
            self.optimizer,
            self.network.trainable_variables,
            self.network.non_trainable_variables,
        )
        # Not compiled: that would make constants of the weights as they are now.
        self._reconstruct = run_in_batches(self._read_and_draw, READ_BATCH)

    def _check(self) -> None:
        source, size, options = self.images.source, self.images.resolution, self.options
        for name, network in (("generator", self.generator), ("features", self._features)):
            if network is not None and network.resolution != size:
                raise UserError(
                    f"{source}: must hold faces of the {network.resolution} pixels of `{name}`. Got {size}. Set "
                    "`data.resolution`."
                )
        if len(self._rows) < options.batch or not len(self.images.rows(VALIDATION)):
            raise UserError(
                f"{source}: must hold at least {options.batch} faces to train on and one to validate with. Got "
                f"{len(self._rows)} and {len(self.images.rows(VALIDATION))}. Give more faces."
            )

    def _loss(self, known, photographs):
        """Of pictures drawn of known latents, how far these are missed; of photographs, what is drawn of theirs."""
        pictures = ops.concatenate([ops.stop_gradient(self._draw(known)), photographs])
        found = self.network(pictures, training=True)
        n_known = known.shape[0]
        latents = ops.mean(ops.square(found[:n_known] - known))
        pixels, features = map(ops.mean, self._distances(self._draw(found[n_known:]), photographs))
        options = self.options
        loss = (
            options.latent_weight * latents
            + options.pixel_weight * pixels
            + options.feature_weight * features
        )
        return loss, latents, pixels, features

    def _loss_of_drawn(self, known, pictures):
        """How far the latents of drawn pictures are missed."""
        latents = ops.mean(ops.square(self.network(pictures, training=True) - known))
        return self.options.latent_weight * latents, latents

    def _draw(self, latents):
        draw = self.generator.draw_tensors
        if draw is None:  # not within `_update`, which is compiled
            return ops.convert_to_tensor(_to_floats(self.generator(ops.convert_to_numpy(latents))))
        return ops.clip(draw(latents), -1.0, 1.0)

    def _distances(self, drawn, pictures):
        pixels = pixel_distances(drawn, pictures)
        if self._features is None:
            return pixels, ops.zeros_like(pixels)
        describe = self._features.describe
        return pixels, feature_distances(describe(drawn), describe(pictures))

    def _read_and_draw(self, images: np.ndarray) -> list[np.ndarray]:
        """Of images of bytes: what is drawn of their latents, pixel and feature distances."""
        pictures = ops.convert_to_tensor(_to_floats(images))
        drawn = self._draw(self.network(pictures, training=False))
        found = [to_bytes(drawn), *self._distances(drawn, pictures)]
        drawn_bytes, *distances = map(ops.convert_to_numpy, found)
        return [drawn_bytes.astype(np.uint8), *distances]

    @property
    def total(self) -> int:
        return self.options.steps

    def train_step(self) -> Mapping[str, float] | None:
        if self.finished:
            return None
        self.optimizer.learning_rate = self._learning_rate()
        figures = self._update(*map(ops.convert_to_tensor, self._batch()))
        self.progress += 1
        names = ("loss", "latents", "pixels", "features")
        return dict(zip(names[: len(figures)], map(float, figures), strict=True))

    def _batch(self) -> tuple[np.ndarray, np.ndarray]:
        """Known latents and photographs of the step to come; all known, with their pictures, without gradients."""
        options, step = self.options, self.progress
        alone = self.generator.draw_tensors is None
        drawn = options.batch if alone else options.batch // 2
        known = draw_latents(
            step * drawn, drawn, self.config.latent_dim, space=self.config.latent_space, seed=options.seed
        )
        if alone:
            return known, _to_floats(self.generator(known))
        random = np.random.Generator(np.random.Philox(key=[options.seed, step]))
        rows = np.sort(random.choice(self._rows, options.batch - drawn, replace=False))
        photographs = _to_floats(np.asarray(self.images.images[rows]))
        flipped = random.random(len(photographs)) < 0.5
        photographs[flipped] = photographs[flipped, :, ::-1]
        return known, photographs

    def _learning_rate(self) -> float:
        highest, warm = self.options.learning_rate, max(1, self.total // WARM_SHARE)
        if self.progress < warm:
            return highest * (self.progress + 1) / warm
        return highest * 0.5 * (1 + math.cos(math.pi * (self.progress - warm) / (self.total - warm)))

    def preview(self) -> np.ndarray:
        """Photographs, and below each row what is drawn of their latents."""
        photographs = np.asarray(self.images.images[self.images.rows(VALIDATION)[:PREVIEWS]])
        drawn = self._reconstruct(photographs)[0]
        halves = [rows[start : start + 8] for start in (0, 8) for rows in (photographs, drawn)]
        return np.concatenate(halves)

    def measure(self) -> dict[str, float]:
        return {
            {"loss": "validation_loss"}.get(name, name): value
            for name, value in self._figures(VALIDATION).items()
        }

    def _figures(self, part: int) -> dict[str, float]:
        photographs = np.asarray(self.images.images[self.images.rows(part)[:MOST_MEASURED]])
        if not len(photographs):
            return {}
        drawn, pixels, features = self._reconstruct(photographs)
        errors = np.square(drawn.astype("float32") - photographs).mean(axis=(1, 2, 3))
        options = self.options
        return {
            "loss": float((options.pixel_weight * pixels + options.feature_weight * features).mean()),
            "psnr": float((20 * np.log10(255 / np.sqrt(np.maximum(errors, 1e-8)))).mean()),
            "pixel_distance": float(pixels.mean()),
            "feature_distance": float(features.mean()),
        }

    def variables(self) -> dict[str, Any]:
        return network_variables(self.network) | optimizer_variables("adam", self.optimizer)

    def identity(self) -> dict[str, Any]:
        options = self.options
        return {
            "config": asdict(self.config),
            "generator": self.generator.sha256,
            "training": {"batch": options.batch, "seed": options.seed},
            "n_images": len(self._rows),
        }

    def publish(self) -> tuple[list[PublishedNetwork], dict[str, Any]]:
        metadata = {"generator": self.generator.name, "generator_sha256": self.generator.sha256}
        encoder = PublishedNetwork(
            "encoder", "photo_encoder", self.config, network_arrays(self.network), metadata
        )
        return [encoder], {**metadata, "steps_taken": self.progress, "means": self._figures(TEST)}


def _to_floats(images: np.ndarray) -> np.ndarray:
    return images.astype("float32") / np.float32(127.5) - np.float32(1.0)
