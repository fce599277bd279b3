"""Training of a variational autoencoder: pixels, features of a frozen network, divergence from the prior."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from models.inference.compile import compile_forward, to_bytes
from models.kinds.vae import VaeOptions
from models.loaders.frozen_features import FrozenFeatures, load_frozen_features
from models.losses.variational import divergence, missed_share
from models.networks.variational_autoencoder import (
    VaeConfig,
    build_vae_decoder,
    build_vae_encoder,
    halve,
    set_linear_path,
)
from models.training.augmentation import augment
from models.training.checkpoint import optimizer_variables
from models.training.train_step import compile_step
from models.training.trainer import TEST, TRAIN, VALIDATION, PublishedNetwork, Trainer, TrainingImages
from models.weights.weight_file import network_arrays, network_variables
from tlgan.errors import UserError
from tlgan.evaluation.image_quality import LEAST_SIDE, signal_to_noise, structural_similarity
from tlgan.latents.aggregate import aggregate_posterior

READ_BATCH = 64
COMPONENT_FACES = 8_000  # photographs whose principal components the linear path starts from
MEASURED, SHOWN = 512, 16  # photographs that figures, and previews, are made of


class VaeTrainer(Trainer):
    """State of a training: encoder, decoder, one optimiser, steps done.

    Parameters
    ----------
    options : VaeOptions
    name : str, of the network in its recipe
    images : TrainingImages; their labels are not used

    Raises
    ------
    UserError
        Where there are too few images, or shapes do not fit.
    """

    checkpoint_kind: ClassVar[str] = "vae"
    unit: ClassVar[str] = "steps"
    remedy: ClassVar[str] = "Lower the `learning_rate`"

    def __init__(self, options: VaeOptions, name: str, images: TrainingImages):
        super().__init__()
        self.options, self.images = options, images
        self._rows = images.rows(TRAIN)
        if len(self._rows) < options.batch:
            raise UserError(
                f"`batch` must be at most the number of training faces ({len(self._rows)}). Got {options.batch}."
            )
        self.config = VaeConfig(
            images.resolution, options.latent_dim, options.encoder_maps, options.decoder_maps
        )
        keras.utils.set_random_seed(options.seed)
        self.encoder, self.decoder = build_vae_encoder(self.config), build_vae_decoder(self.config)
        self.optimizer = keras.optimizers.Adam(options.learning_rate)
        self._trained = [*self.encoder.trainable_variables, *self.decoder.trainable_variables]
        self._read = [*self.encoder.non_trainable_variables, *self.decoder.non_trainable_variables]
        features = load_frozen_features(options.features) if options.features else None
        self._update = compile_step(self._loss(features), self.optimizer, self._trained, self._read)

    @property
    def total(self) -> int:
        return self.options.steps

    def begin(self) -> None:
        """Start the linear path as the principal components of the first training photographs."""
        faces = np.asarray(self.images.images[self._rows[:COMPONENT_FACES]])
        halves = compile_forward(lambda rows: halve(_to_floats(rows)), READ_BATCH)(faces)
        set_linear_path(self.encoder, self.decoder, halves)

    def _loss(self, features: FrozenFeatures | None) -> Callable:
        values = 3 * self.config.resolution**2

        def loss(faces, noise, kl_weight):
            means, log_variances = self.encoder(faces, training=True)
            drawn = self.decoder(means + ops.exp(0.5 * log_variances) * noise, training=True)
            pixels = ops.mean(ops.square(faces - drawn))
            distance = divergence(means, log_variances)
            total = pixels + kl_weight / values * distance
            if features is None:
                return total, pixels, distance
            # The rows of a batch are in the order of the data set: every part of it has its share of these.
            # Maps alone: the description of the whole has no variance in a batch of one.
            every = self.options.feature_every
            wanted, found = (features.describe(images[::every])[:-1] for images in (faces, drawn))
            missed = missed_share(wanted, found)
            return total + self.options.feature_weight * missed, pixels, distance, missed

        return loss

    def train_step(self) -> Mapping[str, float] | None:
        if self.finished:
            return None
        self.optimizer.learning_rate = self._learning_rate()
        loss, pixels, distance, *missed = self._update(*map(ops.convert_to_tensor, self._batch()))
        self.progress += 1
        figures = {"loss": loss, "pixels": pixels, "divergence": distance}
        figures |= {"features": missed[0]} if missed else {}
        return {name: float(value) for name, value in figures.items()}

    def _batch(self) -> tuple[np.ndarray, ...]:
        """Faces, noise of their latents, and weight of the divergence in the step to come."""
        options = self.options
        epoch, place = divmod(self.progress, len(self._rows) // options.batch)
        order = np.random.Generator(np.random.Philox(key=[options.seed, epoch])).permutation(self._rows)
        rows = np.sort(order[place * options.batch : (place + 1) * options.batch])
        random = np.random.Generator(np.random.Philox(key=[options.seed + 2**32, self.progress]))
        faces = augment(self.images.images[rows], random, mirror=options.mirror and self.images.mirror)
        noise = random.standard_normal((len(rows), self.config.latent_dim), dtype="float32")
        return faces, noise, np.array(options.kl_weight * self._warm, "float32")

    @property
    def _warm(self) -> float:
        """How far the training has warmed up, 0 to 1."""
        return min(1.0, (self.progress + 1) / max(1, self.options.warmup_steps))

    def _learning_rate(self) -> float:
        left, decay = self.total - self.progress, self.options.decay_steps
        fallen = 1.0 if left >= decay else 0.5 * (1 - math.cos(math.pi * left / decay))
        return self.options.learning_rate * self._warm * fallen

    def variables(self) -> dict[str, Any]:
        networks = {"encoder": self.encoder, "decoder": self.decoder}
        return {
            f"{role}/{name}": variable
            for role, network in networks.items()
            for name, variable in network_variables(network).items()
        } | optimizer_variables("adam", self.optimizer)

    def identity(self) -> dict[str, Any]:
        training = {field: getattr(self.options, field) for field in ("batch", "kl_weight", "mirror", "seed")}
        return {"config": asdict(self.config), "training": training, "n_images": len(self._rows)}

    def _encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Means and log variances, compiled for the network as it stands."""
        encode = compile_forward(lambda rows: self.encoder(_to_floats(rows), training=False), READ_BATCH)
        return encode(images)

    def _reconstruct(self, images: np.ndarray) -> np.ndarray:
        """What is drawn of the means for images: uint8, compiled for the networks as they stand."""

        def reconstruct(rows):
            means, _ = self.encoder(_to_floats(rows), training=False)
            return ops.cast(to_bytes(self.decoder(means, training=False)), "uint8")

        return compile_forward(reconstruct, READ_BATCH)(images)

    def preview(self) -> np.ndarray | None:
        """Photographs that are not trained on, and under each row of eight what is drawn of them."""
        shown = self.images.images[self.images.rows(VALIDATION)[:SHOWN]]
        if not len(shown):
            return None
        pairs = (shown, self._reconstruct(shown))
        return np.concatenate([rows[start : start + 8] for start in range(0, SHOWN, 8) for rows in pairs])

    def measure(self) -> dict[str, float]:
        return self._figures(self.images.rows(VALIDATION)[:MEASURED])

    def _figures(self, rows: np.ndarray) -> dict[str, float]:
        """Mean signal-to-noise ratio (dB) and, of pictures large enough, structural similarity of reconstructions."""
        if not len(rows):
            return {}
        faces = np.asarray(self.images.images[rows])
        drawn = self._reconstruct(faces)
        figures = {"psnr": float(signal_to_noise(faces, drawn).mean())}
        if min(faces.shape[1:3]) >= LEAST_SIDE:
            figures["ssim"] = float(structural_similarity(faces, drawn).mean())
        return figures

    def publish(self) -> tuple[Sequence[PublishedNetwork], dict[str, Any]]:
        """Encoder and decoder in latents whose distribution over the training photographs is standard normal."""
        means, log_variances = self._encode(np.asarray(self.images.images[self._rows]))
        posterior = aggregate_posterior(means, np.exp(log_variances))
        metrics = {
            "test_faces": len(self.images.rows(TEST)),
            "test_identities_are_held_out": self.images.known_people,
            "means": self._figures(self.images.rows(TEST)),
        }
        encoder = network_arrays(self.encoder) | {
            "whitening/mean": posterior.mean,
            "whitening/root": posterior.inverse_root,
        }
        decoder = network_arrays(self.decoder) | {
            "whitening/mean": posterior.mean,
            "whitening/root": posterior.root,
        }
        return [
            PublishedNetwork("encoder", "vae_encoder", self.config, encoder, hash_of="generator"),
            PublishedNetwork("generator", "vae_decoder", self.config, decoder, own_card=True),
        ], metrics


def _to_floats(images):
    return ops.cast(images, "float32") / 127.5 - 1.0
