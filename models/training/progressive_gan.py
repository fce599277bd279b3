"""Progressive training of the GAN: schedule, losses, moving average, exact checkpoints.

Sources: Karras et al. 2018 (arXiv 1710.10196), section 2 and appendix A (growing, WGAN-GP,
moving average); Mescheder et al. 2018 (arXiv 1801.04406), equation 9 (logistic loss with R1);
Karras et al. 2020 (arXiv 1912.04958), appendix B (penalty at intervals).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from models.inference.compile import to_bytes
from models.networks.equalized_layers import LEAK, downscale, upscale
from models.networks.progressive_gan import (
    GanConfig,
    ProgressiveDiscriminator,
    ProgressiveGenerator,
    resolutions_to,
)
from models.training.checkpoint import optimizer_variables, read_checkpoint, write_checkpoint
from models.training.train_step import compile_step, input_gradients
from models.weights.weight_file import network_variables
from tlgan.errors import UserError
from tlgan.images import shrink_by_area


@dataclass(frozen=True)
class Phase:
    """One resolution of the schedule: fade in over `fade_images`, then train `stable_images` more."""

    resolution: int
    fade_images: int
    stable_images: int
    batch: int


@dataclass(frozen=True)
class GanTraining:
    """What decides the result of a training beside network shape, data and schedule.

    Attributes
    ----------
    loss : "logistic-r1" or "wgan-gp"
    penalty : weight of the gradient penalty: WGAN-GP's lambda, or R1's gamma at full resolution. At a
        resolution r below the full one R, gamma is scaled by (r/R)²: pictures with fewer pixels lie
        closer together, so telling them apart takes a steeper discriminator
    penalty_interval : steps between penalties, each then weighted by the interval (1 = every step)
    learning_rate : float, of Adam with beta_1 = 0, beta_2 = 0.99, epsilon 1e-8 as in the paper
    average_half_life : images after which a weight's share in the moving average has halved; early on,
        a twentieth of the images seen, so that the average does not drag the first steps along
    mirror : bool, flip half of the photographs
    seed : int
    """

    loss: str = "logistic-r1"
    penalty: float = 0.2
    penalty_interval: int = 8
    learning_rate: float = 1.5e-3
    average_half_life: int = 5_000
    mirror: bool = True
    seed: int = 1


def check_schedule(phases: Sequence[Phase], resolution: int) -> None:
    """Refuse a schedule that is empty, shrinks, or names a resolution that the networks lack.

    Raises
    ------
    UserError
    """
    sizes, known = [phase.resolution for phase in phases], resolutions_to(resolution)
    if not sizes or sizes != sorted(sizes) or not set(sizes) <= set(known):
        raise UserError(
            f"`schedule` must have at least one phase, with resolutions of {known} that never fall. Got {sizes}."
        )


def schedule_position(phases: Sequence[Phase], images_seen: int) -> tuple[Phase, float] | None:
    """Phase and fade (0 to 1) after `images_seen` images; None when the schedule is over."""
    for phase in phases:
        if images_seen < phase.fade_images + phase.stable_images:
            return phase, min(1.0, images_seen / phase.fade_images) if phase.fade_images else 1.0
        images_seen -= phase.fade_images + phase.stable_images
    return None


class GanTrainer:
    """State of a training: both networks, the generator's moving average, optimisers, a counter.

    Every random choice of a step is keyed by (seed, images seen), so a training resumed from a
    checkpoint takes the steps that an uninterrupted one would have taken.

    Parameters
    ----------
    config : GanConfig, of both networks
    training : GanTraining
    phases : sequence of Phase, growing in resolution

    Raises
    ------
    UserError
        Where the schedule does not suit the networks.
    """

    def __init__(self, config: GanConfig, training: GanTraining, phases: Sequence[Phase]):
        check_schedule(phases, config.resolution)
        self.config, self.training, self.phases = config, training, tuple(phases)
        keras.utils.set_random_seed(training.seed)
        self.generator = ProgressiveGenerator(config, name="generator")
        self.discriminator = ProgressiveDiscriminator(config, name="discriminator")
        self.average = ProgressiveGenerator(config, name="average")
        self.average.set_weights(self.generator.get_weights())
        self.images_seen = 0
        adam = {"learning_rate": training.learning_rate, "beta_1": 0.0, "beta_2": 0.99, "epsilon": 1e-8}
        self.optimizers = {
            "generator": keras.optimizers.Adam(**adam),
            "discriminator": keras.optimizers.Adam(**adam),
        }
        self.optimizers["generator"].build(self.generator.trainable_variables)
        self.optimizers["discriminator"].build(self.discriminator.trainable_variables)
        self._steps: dict = {}

    def position(self) -> tuple[Phase, float] | None:
        """Phase and fade of the next step; None when the schedule is over."""
        return schedule_position(self.phases, self.images_seen)

    def preview(self, latents) -> tuple[int, np.ndarray]:
        """What the moving average draws now, at the resolution in training.

        Returns
        -------
        resolution : int
        images : uint8 array, shape (n, resolution, resolution, 3)
        """
        phase, fade = self.position() or (self.phases[-1], 1.0)
        images = []
        for start in range(0, len(latents), 64):
            batch = ops.convert_to_tensor(latents[start : start + 64])
            drawn = self.average(
                batch, resolution=phase.resolution, fade=np.float32(fade) if fade < 1 else None
            )
            images.append(ops.convert_to_numpy(to_bytes(drawn)).astype(np.uint8))
        return phase.resolution, np.concatenate(images)

    def train_step(self, images) -> dict[str, float] | None:
        """One update of discriminator and generator, at the place of the schedule.

        Parameters
        ----------
        images : uint8 array-like, shape (n_images, R, R, 3), R the config's resolution; rows are
            drawn at random

        Returns
        -------
        losses by name and the number of `images` seen in this step, or None when the schedule is
        over (nothing is then changed)
        """
        position = self.position()
        if position is None:
            return None
        phase, fade = position
        random = np.random.Generator(np.random.Philox(key=[self.training.seed, self.images_seen]))
        rows = np.sort(random.choice(len(images), phase.batch, replace=len(images) < phase.batch))
        photographs = self._prepare(images[rows], phase.resolution, random)
        latents = random.standard_normal((2, phase.batch, self.config.latent_dim), dtype="float32")
        fading = fade < 1.0
        fade = np.float32(fade)
        penalized = self.training.loss == "wgan-gp" or (
            self.images_seen // phase.batch % self.training.penalty_interval == 0
        )
        mixes = random.random((phase.batch, 1, 1, 1), dtype="float32")
        arrays = [ops.convert_to_tensor(value) for value in (photographs, latents[0], fade, mixes)]
        losses = self._step("penalized" if penalized else "plain", phase.resolution, fading)(*arrays)
        figures = {"discriminator": losses[0], "real": losses[1], "fake": losses[2]}
        step = self._step("generator", phase.resolution, fading)
        figures["generator"] = step(ops.convert_to_tensor(latents[1]), arrays[2])[0]
        half_life = min(self.training.average_half_life, max(phase.batch, self.images_seen / 20))
        decay = np.float32(0.5 ** (phase.batch / half_life))
        self._step("average", 0, False)(decay)
        self.images_seen += phase.batch
        return {name: float(figure) for name, figure in figures.items()} | {"images": phase.batch}

    def _prepare(self, images, resolution, random):
        """uint8 rows to float32 [-1, 1] at `resolution` (area filter), half of them mirrored."""
        photographs = shrink_by_area(np.asarray(images, "float32") / 127.5 - 1.0, resolution)
        if self.training.mirror:
            flipped = random.random(len(photographs)) < 0.5
            photographs[flipped] = photographs[flipped, :, ::-1]
        return photographs

    def _step(self, name, resolution, fading):
        key = (name, resolution, fading)
        if key not in self._steps:
            self._steps[key] = self._compile(name, resolution, fading)
        return self._steps[key]

    def _compile(self, name, resolution, fading):
        generator, discriminator, training = self.generator, self.discriminator, self.training
        if name == "average":
            return self._average_step()

        def draw(latents, fade):
            return generator(latents, resolution=resolution, fade=fade if fading else None)

        def score(images, fade):
            return discriminator(images, fade=fade if fading else None)

        if name == "generator":

            def generator_loss(latents, fade):
                scores = score(draw(latents, fade), fade)
                return (ops.mean(-scores if training.loss == "wgan-gp" else ops.softplus(-scores)),)

            return compile_step(
                generator_loss,
                self.optimizers["generator"],
                generator.trainable_variables,
                discriminator.trainable_variables,
            )

        def discriminator_loss(photographs, latents, fade, mixes):
            if fading:  # photographs fade in as the pictures do
                photographs = upscale(downscale(photographs)) * (1 - fade) + photographs * fade
            pictures = ops.stop_gradient(draw(latents, fade))
            real, fake = score(photographs, fade), score(pictures, fade)
            if training.loss == "wgan-gp":
                mixed = photographs + (pictures - photographs) * mixes
                slopes = input_gradients(lambda images: score(images, fade), mixed)
                lengths = ops.sqrt(ops.sum(ops.square(slopes), axis=(1, 2, 3)) + 1e-8)
                loss = ops.mean(fake) - ops.mean(real) + 0.001 * ops.mean(ops.square(real))
                loss = loss + training.penalty * ops.mean(ops.square(lengths - 1.0))
            else:
                loss = ops.mean(ops.softplus(fake)) + ops.mean(ops.softplus(-real))
                if name == "penalized":
                    slopes = input_gradients(lambda images: score(images, fade), photographs)
                    squares = ops.mean(ops.sum(ops.square(slopes), axis=(1, 2, 3)))
                    gamma = training.penalty * (resolution / self.config.resolution) ** 2
                    loss = loss + training.penalty_interval * gamma / 2 * squares
            return loss, ops.mean(real), ops.mean(fake)

        return compile_step(
            discriminator_loss,
            self.optimizers["discriminator"],
            discriminator.trainable_variables,
            generator.trainable_variables,
        )

    def _average_step(self):
        pairs = list(zip(self.average.variables, self.generator.variables, strict=True))

        def step(decay):
            for average, current in pairs:
                average.assign(average.value * decay + current.value * (1 - decay))

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            return tf.function(step, autograph=False)
        return step

    def _state(self):
        networks = {"generator": self.generator, "discriminator": self.discriminator, "average": self.average}
        state = {
            f"{network}/{name}": variable
            for network, model in networks.items()
            for name, variable in network_variables(model).items()
        }
        for owner, optimizer in self.optimizers.items():
            state.update(optimizer_variables(f"adam_{owner}", optimizer))
        return state

    def _identity(self):
        # Fields that came after the first checkpoints count only where they are not the default.
        later = {"leak": LEAK, "score_maps": None}
        config = {name: value for name, value in asdict(self.config).items() if later.get(name, ...) != value}
        return {"config": config, "seed": self.training.seed, "loss": self.training.loss}

    def save(self, path: Path) -> None:
        """Write a checkpoint that `restore` continues exactly; the file appears complete or not at all."""
        write_checkpoint(path, "gan", self._identity(), self.images_seen, self._state())

    def restore(self, path: Path) -> None:
        """Continue from a checkpoint of the same networks, loss and seed; `UserError` where it is not one."""
        self.images_seen = read_checkpoint(path, "gan", self._identity(), self._state())
