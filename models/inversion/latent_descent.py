"""Find latents of photographs by gradient steps through the generator.

Abdal et al. 2019, "Image2StyleGAN", arXiv 1904.03189; the rise and fall of the learning rate as in Karras et al. 2020
(arXiv 1912.04958), appendix D. Here the latent itself is sought, and brought back to its space after every step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from models.inversion.objective import Objective
from models.training.train_step import compile_step
from tlgan.errors import UserError
from tlgan.latents.geometry import normalize_latents

RATE = 0.1  # highest, in units of z
RISE, FALL = 0.05, 0.25  # shares of the steps in which the rate rises, and falls to zero
SNAPSHOTS = (0, 0.02, 0.05, 0.1, 0.25, 0.5, 1)  # shares of the steps after which the path is told
MOST_STEPS = 10_000


@dataclass(frozen=True, eq=False)
class FoundLatents:
    """What a search found for photographs.

    Attributes
    ----------
    latents : float32 array, shape (n, latent_dim)
    distances : float32 array, shape (n,)
        The objective at each.
    path : float32 array, shape (n_snapshots, n, latent_dim)
        Where the search stood, the start first and the found latents last.
    steps : tuple of int, length n_snapshots
        After how many steps.
    """

    latents: np.ndarray
    distances: np.ndarray
    path: np.ndarray
    steps: tuple[int, ...]


class LatentDescent:
    """A search for latents, compiled once for a number of rows and used for many photographs.

    Parameters
    ----------
    objective : Objective
        Of a generator through which gradients pass.
    rows : int
        Latents in a step: photographs times starts.

    Raises
    ------
    UserError
        For a generator without gradients.

    Example
    -------
    >>> descent = LatentDescent(Objective(load_generator("celeba64")), rows=4)
    >>> descent(photographs, choose_starts(descent.objective, photographs), steps=200).latents
    """

    def __init__(self, objective: Objective, rows: int) -> None:
        generator = objective.generator
        draw = getattr(generator, "draw_tensors", None)
        if draw is None:
            raise UserError(f"no gradient passes through generator {generator.name}. Search by evolution.")
        self.objective, self._rows = objective, rows
        self._latents = keras.Variable(np.zeros((rows, generator.latent_dim), "float32"), name="latents")
        self._optimizer = keras.optimizers.Adam(RATE)

        def loss(*targets):
            latents = self._latents.value
            drawn = objective.described(ops.clip(draw(latents), -1.0, 1.0))
            distances = objective.distances(latents, drawn, targets)
            # A sum: each row's steps are those that it would take alone.
            return ops.sum(distances), distances

        self._step = compile_step(loss, self._optimizer, [self._latents])

    def __call__(
        self,
        photographs: np.ndarray,
        starts: np.ndarray,
        steps: int,
        advance: Callable[[int], object] = lambda count: None,
    ) -> FoundLatents:
        """Search from several starts of each photograph; the nearest end is what is found.

        Parameters
        ----------
        photographs : uint8 array, shape (n, R, R, 3)
        starts : float array, shape (n, n_starts, latent_dim)
            n times n_starts is `rows`.
        steps : int
        advance : callable
            Told 1 after each step.
        """
        n, n_starts, latent_dim = starts.shape
        if n * n_starts != self._rows or len(photographs) != n:
            raise UserError(
                f"`starts` must have {self._rows} rows for {len(photographs)} photographs. Got {n}."
            )
        if not 1 <= steps <= MOST_STEPS:
            raise UserError(f"`steps` must be from 1 to {MOST_STEPS}. Got {steps}.")
        targets = [
            ops.convert_to_tensor(np.repeat(part, n_starts, axis=0))
            for part in self.objective.describe(photographs)
        ]
        self._begin(starts.reshape(-1, latent_dim))
        told = sorted({round(share * steps) for share in SNAPSHOTS})
        path = [starts.reshape(-1, latent_dim)]
        for step in range(steps):
            self._optimizer.learning_rate = learning_rate(step, steps)
            self._step(*targets)
            self._to_space()
            advance(1)
            if step + 1 in told:
                path.append(ops.convert_to_numpy(self._latents.value))
        distances = self.objective.measure(path[-1], targets)
        return _nearest_of_each(np.stack(path), distances, n, n_starts, tuple(told))

    def _begin(self, starts: np.ndarray) -> None:
        self._latents.assign(np.asarray(starts, "float32"))
        for variable in self._optimizer.variables:
            variable.assign(ops.zeros_like(variable))

    def _to_space(self) -> None:
        """Bring the latents back to where the generator knows them."""
        space = self.objective.generator.latent_space
        if space == "sphere":
            rows = normalize_latents(ops.convert_to_numpy(self._latents.value), space)
            self._latents.assign(rows.astype("float32"))
        elif space == "uniform":
            self._latents.assign(ops.clip(self._latents.value, -1.0, 1.0))


def learning_rate(step: int, steps: int) -> float:
    """The rate of a step: it rises in a straight line, stays, and falls by a half cosine."""
    share = (step + 1) / steps
    fall = min(1.0, (1 - step / steps) / FALL)
    return RATE * min(1.0, share / RISE) * (0.5 - 0.5 * math.cos(math.pi * fall))


def _nearest_of_each(
    path: np.ndarray, distances: np.ndarray, n: int, n_starts: int, steps: Sequence[int]
) -> FoundLatents:
    """Of the starts of each photograph the one that ended nearest."""
    by_start = distances.reshape(n, n_starts)
    best = by_start.argmin(axis=1)
    chosen = path.reshape(len(path), n, n_starts, -1)[:, np.arange(n), best]
    return FoundLatents(chosen[-1], by_start[np.arange(n), best], chosen, tuple(steps))
