"""Tune a generator for one photograph around the latent that was found for it, and leave it as it is elsewhere.

Roich et al. 2021, "Pivotal tuning for latent-based editing of real images", arXiv 2106.05744: equation 2, the loss at
the pivot; equations 4 and 5, the locality regularisation. There the latents between are interpolated in w; here they
lie on arcs of the latent space from the pivot, at the angle that edits reach.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from models.importers.file_kind import file_kind
from models.importers.pggan.read import READERS, read_gan
from models.inversion.objective import Objective
from models.networks.progressive_gan import GanConfig, ProgressiveGenerator
from models.training.train_step import compile_step
from models.weights.build import build_network
from models.weights.card import renewing_card
from models.weights.locate import find_weights
from models.weights.weight_file import TUNED_FROM, network_arrays, write_weights
from tlgan.errors import UserError
from tlgan.latents.geometry import move_along
from tlgan.latents.sampling import draw_latents

RATE = 1e-3
NEIGHBOURS = 3  # latents around the pivot in a step, at which the generator is to draw as before
NEIGHBOUR_DEGREES = 30.0


@dataclass(frozen=True)
class TuningOptions:
    """How a generator is tuned.

    Attributes
    ----------
    steps : updates of its weights
    locality : weight of the distance from what it drew before, around the pivot
    seed : of the latents around the pivot
    """

    steps: int = 250
    locality: float = 1.0
    seed: int = 0


@dataclass(frozen=True, eq=False)
class TunedGenerator:
    """A generator tuned for one photograph.

    Attributes
    ----------
    name : str
    tuned_from : str, SHA-256 of the generator that it was tuned from
    config : GanConfig
    arrays : dict, its weights by name
    """

    name: str
    tuned_from: str
    config: GanConfig
    arrays: dict[str, np.ndarray]


def tune_generator(
    path_or_name: str | Path,
    objective: Objective,
    photograph: np.ndarray,
    pivot: np.ndarray,
    options: TuningOptions = TuningOptions(),
    advance: Callable[[int], object] = lambda count: None,
) -> TunedGenerator:
    """Tune a generator until it draws a photograph at the latent that was found for it.

    Parameters
    ----------
    path_or_name : the generator, by file or name; a progressive GAN
    objective : Objective
        Of that generator.
    photograph : uint8 array, shape (R, R, 3)
    pivot : float array, shape (latent_dim,)
    options : TuningOptions
    advance : callable
        Told 1 after each step.

    Raises
    ------
    UserError
        For a generator of another kind.
    """
    path = find_weights(path_or_name, "generator")
    kind = file_kind(path)
    if kind not in ("tlgan", *READERS):
        raise UserError(f"{path}: must be a progressive GAN to be tuned. Got a file of kind {kind!r}.")
    gan = read_gan(path, kind).generator
    network = build_network(
        lambda: ProgressiveGenerator(gan.config, name="generator"), gan.variables, str(path)
    )
    _tune(network, objective, photograph, pivot, options, advance)
    name = path.name.split(".")[0]
    return TunedGenerator(name, objective.generator.sha256, gan.config, network_arrays(network))


def write_tuned_generator(path: Path, tuned: TunedGenerator, command: str = "") -> None:
    """Write the weights of a tuned generator, and a card that names the generator it was tuned from."""
    facts = {"tuned_from": tuned.name, TUNED_FROM: tuned.tuned_from}
    with renewing_card(path, {**facts, "command": command}):
        write_weights(path, "generator", tuned.config, tuned.arrays, facts)


def _tune(
    network: ProgressiveGenerator,
    objective: Objective,
    photograph: np.ndarray,
    pivot: np.ndarray,
    options: TuningOptions,
    advance: Callable[[int], object],
) -> None:
    generator = objective.generator
    targets = list(map(ops.convert_to_tensor, objective.describe(photograph[None])))
    optimizer = keras.optimizers.Adam(RATE)

    def loss(latents, pictures, *features):
        """The pivot is the first row; the others are to be drawn as they were."""
        drawn = network(latents)
        drawn = ops.repeat(drawn, 3, axis=-1) if drawn.shape[-1] == 1 else drawn
        described = objective.described(ops.clip(drawn, -1.0, 1.0))
        distances = objective.distances(latents, described, [pictures, *features])
        return distances[0] + options.locality * ops.mean(distances[1:]), distances

    step = compile_step(loss, optimizer, network.trainable_variables)
    space, latent_dim = generator.latent_space, generator.latent_dim
    amount = np.radians(NEIGHBOUR_DEGREES) * np.sqrt(latent_dim)
    for number in range(options.steps):
        towards = draw_latents(
            number * NEIGHBOURS, NEIGHBOURS, latent_dim, space=space, seed=options.seed + 1
        )
        around = [move_along(pivot[None], other, amount, space)[0] for other in towards]
        before = objective.describe(generator(np.stack(around)))
        latents = np.concatenate([pivot[None], around]).astype("float32")
        wanted = [
            ops.concatenate([target, ops.convert_to_tensor(part)])
            for target, part in zip(targets, before, strict=True)
        ]
        step(ops.convert_to_tensor(latents), *wanted)
        advance(1)
