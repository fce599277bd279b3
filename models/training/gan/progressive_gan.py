"""Training of the progressive GAN: growing, discriminators, moving average of the generator.

Sources: Karras et al. 2018 (arXiv 1710.10196), section 2 and appendix A (growing, WGAN-GP,
moving average); Mescheder et al. 2018 (arXiv 1801.04406), equation 9 (logistic loss with R1);
Karras et al. 2020 (arXiv 1912.04958), appendix B (penalty at intervals); Sauer et al. 2021 (arXiv
2111.01007), the projected discriminator; Zhao et al. 2020 (arXiv 2006.10738), augmentation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cached_property
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from models.importers.efficientnet_lite import load_backbone
from models.inference.backend import compile_assignment
from models.inference.compile import run_in_batches, to_bytes
from models.kinds.progressive_gan import Phase, ProgressiveGanOptions
from models.networks.equalized_layers import LEAK
from models.networks.progressive_gan import GanConfig, ProgressiveDiscriminator, ProgressiveGenerator
from models.networks.projected_discriminator import ProjectedConfig, ProjectedDiscriminator
from models.training.checkpoint import optimizer_variables
from models.training.gan.adversarial_step import Batch, StepVariant, compile_adversarial_step
from models.training.gan.differentiable_augmentation import NUMBERS
from models.training.gan.feature_matching import match_photographs
from models.training.gan.figures import measure_gan, open_measuring_networks, some_rows
from models.training.gan.schedule import check_schedule, schedule_length, schedule_position
from models.training.gan.start import start_discriminator, start_generators, start_projected
from models.training.trainer import TEST, TRAIN, VALIDATION, PublishedNetwork, Trainer, TrainingImages
from models.weights.locate import find_weights
from models.weights.weight_file import network_arrays, network_variables
from tlgan.errors import UserError
from tlgan.images import shrink_by_area
from tlgan.latents.sampling import draw_latents

DRAW_BATCH = 32
PREVIEWS = DRAW_BATCH
PREVIEW_SEED = 77
LAST_RATE = 0.05  # of the learning rates, at the end of a schedule with `decay_images`


class ProgressiveGanTrainer(Trainer):
    """State of a training: generator, its moving average, discriminators, optimisers, images seen.

    Parameters
    ----------
    options : ProgressiveGanOptions
    name : str, of the network in its recipe
    images : TrainingImages

    Raises
    ------
    UserError
        Where the schedule does not suit the networks, there is no image to train on, the frozen network
        of a projected discriminator is not there, or the weights to start from do not fit.
    """

    checkpoint_kind: ClassVar[str] = "gan"
    unit: ClassVar[str] = "images"
    remedy: ClassVar[str] = "Lower `learning_rate` or raise `penalty`"
    watched: str = "frechet"

    def __init__(self, options: ProgressiveGanOptions, name: str, images: TrainingImages):
        super().__init__()
        self.options, self.images = options, images
        if options.features:  # the distance in these is trained for
            self.watched = "frechet_judge"
        self._measuring, notes = open_measuring_networks(options.labeller or options.weights or name)
        self.notes += notes
        self.config = GanConfig(images.resolution, options.latent_dim, options.maps)
        self.discriminator_config = GanConfig(
            images.resolution, options.latent_dim, options.discriminator_maps or options.maps
        )
        check_schedule(options.schedule, images.resolution)
        rows = images.rows(TRAIN)
        if not len(rows):
            raise UserError(
                f"{images.source}: must hold faces to train on. Got none. Raise the first share of `data.split`."
            )
        self._photographs = np.ascontiguousarray(images.images[rows])
        keras.utils.set_random_seed(options.seed)
        self.generator = ProgressiveGenerator(self.config, dtype=options.precision, name="generator")
        self.average = ProgressiveGenerator(self.config, dtype=options.precision, name="average")
        self.average.set_weights(self.generator.get_weights())
        self.discriminator = self.projected = None
        if options.discriminator != "projected":
            self.discriminator = ProgressiveDiscriminator(
                self.discriminator_config, dtype=options.precision, name="discriminator"
            )
        if options.discriminator != "pixel":
            self.projected = ProjectedDiscriminator(
                ProjectedConfig(options.projected_resolution, seed=options.seed),
                load_backbone(options.precision),
                dtype=options.precision,
                name="projected",
            )
        self.optimizers = {}
        for role, network in self._networks().items():
            self.optimizers[role] = keras.optimizers.Adam(
                self._rates()[role], beta_1=0.0, beta_2=0.99, epsilon=1e-8
            )
            self.optimizers[role].build(network.trainable_variables)
        self.matched = match_photographs(options, self._photographs)
        self._steps: dict[StepVariant, Callable] = {}

    def _networks(self) -> dict[str, keras.Model]:
        networks = {name: getattr(self, name) for name in ("generator", "discriminator", "projected")}
        return {role: network for role, network in networks.items() if network is not None}

    def _rates(self) -> dict[str, float]:
        options = self.options
        return {
            "generator": options.learning_rate,
            "discriminator": options.discriminator_learning_rate or options.learning_rate,
            "projected": options.projected_learning_rate,
        }

    def begin(self) -> None:
        """Set the networks from other weights where the options say so; see `models.training.gan.start`."""
        if not self.options.start:
            return
        path = find_weights(self.options.start, "generator")
        start_generators(path, (self.generator, self.average), self.options)
        if self.discriminator is not None and (beside := start_discriminator(path, self.discriminator)):
            self.notes.append(f"The discriminator starts from {beside}.")
        if self.projected is not None and (beside := start_projected(path, self.projected)):
            self.notes.append(f"The projected discriminator starts from {beside}.")

    @property
    def total(self) -> int:
        return schedule_length(self.options.schedule)

    def position(self) -> tuple[Phase, float] | None:
        """Phase and fade of the next step; None when the schedule is over."""
        return schedule_position(self.options.schedule, self.progress)

    def draw(self, latents) -> np.ndarray:
        """What the moving average draws now, uint8 (n, r, r, 3), r the resolution in training."""
        phase, fade = self.position() or (self.options.schedule[-1], 1.0)
        blend = np.float32(fade) if fade < 1 else None

        def draw_batch(rows: np.ndarray) -> list[np.ndarray]:
            drawn = self.average(ops.convert_to_tensor(rows), resolution=phase.resolution, fade=blend)
            return [ops.convert_to_numpy(to_bytes(drawn)).astype(np.uint8)]

        return run_in_batches(draw_batch, DRAW_BATCH)(latents)

    def preview(self) -> np.ndarray:
        return self.draw(draw_latents(0, PREVIEWS, self.config.latent_dim, seed=PREVIEW_SEED))

    def measure(self) -> dict[str, float]:
        return self._figures(VALIDATION)

    def _figures(self, part: int, floor: bool = False) -> dict[str, float]:
        photographs = self.images.images[some_rows(self.images.rows(part))]
        others = self._photographs if floor else None
        return measure_gan(self.draw, self.config.latent_dim, photographs, self._measuring, others)

    def train_step(self) -> Mapping[str, float] | None:
        position = self.position()
        if position is None:
            return None
        options, (phase, fade) = self.options, position
        images = self._photographs
        random = np.random.Generator(np.random.Philox(key=[options.seed, self.progress]))
        rows = np.sort(random.choice(len(images), phase.batch, replace=len(images) < phase.batch))
        batch = Batch(
            photographs=self._prepare(images[rows], phase.resolution, random),
            latents=random.standard_normal((phase.batch, self.config.latent_dim), dtype="float32"),
            fade=np.float32(fade),
            mixes=random.random((phase.batch, 1, 1, 1), dtype="float32"),
            changes=random.random((2, phase.batch, NUMBERS), dtype="float32"),
        )
        variant = StepVariant(
            resolution=phase.resolution,
            fading=fade < 1.0,
            penalized=self.discriminator is not None and self._is_penalized(phase.batch),
            generator_frozen=self.progress < options.warmup_images,
        )
        self._set_rates()
        figures = self._step(variant)(*map(ops.convert_to_tensor, batch))
        if not variant.generator_frozen:
            half_life = min(options.average_half_life, max(phase.batch, self.progress / 20))
            self._average_step(ops.convert_to_tensor(np.float32(0.5 ** (phase.batch / half_life))))
        self.progress += phase.batch
        names = [role for role in self._networks() if role != "generator" or not variant.generator_frozen]
        return dict(zip([*names, "real", "fake"], map(float, figures), strict=True))

    def _is_penalized(self, batch: int) -> bool:
        """Whether the step that comes has a gradient penalty."""
        options = self.options
        return options.loss == "wgan-gp" or self.progress // batch % options.penalty_interval == 0

    def _set_rates(self) -> None:
        left, decay = self.total - self.progress, self.options.decay_images
        factor = max(LAST_RATE, left / decay) if left < decay else 1.0
        for role, optimizer in self.optimizers.items():
            optimizer.learning_rate = self._rates()[role] * factor

    def _prepare(self, images, resolution, random):
        """uint8 rows to float32 [-1, 1] at `resolution` (area filter), half of them mirrored."""
        photographs = shrink_by_area(np.asarray(images, "float32") / 127.5 - 1.0, resolution)
        n = len(photographs)
        if self.options.mirror and self.images.mirror:
            flipped = random.random(n) < 0.5
            photographs[flipped] = photographs[flipped, :, ::-1]
        return photographs

    def _step(self, variant: StepVariant) -> Callable:
        """The compiled step of a variant."""
        if variant not in self._steps:
            self._steps[variant] = compile_adversarial_step(
                self._networks(),
                self.optimizers,
                self.options,
                self.config.resolution,
                variant,
                list(self.matched.values()),
            )
        return self._steps[variant]

    @cached_property
    def _average_step(self):
        pairs = list(zip(self.average.variables, self.generator.variables, strict=True))

        def step(decay):
            for average, current in pairs:
                average.assign(average.value * decay + current.value * (1 - decay))

        return compile_assignment(step)

    def variables(self) -> dict[str, Any]:
        networks = {**self._networks(), "average": self.average, **self.matched}
        variables = {
            f"{network}/{name}": variable
            for network, model in networks.items()
            for name, variable in network_variables(model).items()
        }
        for owner, optimizer in self.optimizers.items():
            variables.update(optimizer_variables(f"adam_{owner}", optimizer))
        return variables

    def identity(self) -> dict[str, Any]:
        # Fields that came after the first checkpoints count only where they are not the default.
        later = {"leak": LEAK, "score_maps": None}
        config = {name: value for name, value in asdict(self.config).items() if later.get(name, ...) != value}
        identity = {"config": config, "seed": self.options.seed, "loss": self.options.loss}
        if self.options.discriminator != "pixel":
            identity["discriminator"] = self.options.discriminator
        if self.discriminator is not None and self.discriminator_config != self.config:
            identity["discriminator_maps"] = self.discriminator_config.maps
        if self.options.features:
            identity["features"] = self.options.features
        if self.options.pixel_weight:
            identity["pixels"] = "matched"
        return identity

    def publish(self) -> tuple[list[PublishedNetwork], dict[str, Any]]:
        metadata = {"images_seen": self.progress}
        networks = [
            PublishedNetwork("generator", "generator", self.config, network_arrays(self.average), metadata)
        ]
        if self.discriminator is not None:
            arrays = network_arrays(self.discriminator)
            smoothing = self.options.smoothing  # a score is one of smoothed pictures then
            seen = metadata | ({"smoothing": smoothing} if smoothing else {})
            networks.append(
                PublishedNetwork("discriminator", "discriminator", self.discriminator_config, arrays, seen)
            )
        return networks, {**metadata, "distances": self._figures(TEST, floor=True)}
