"""Find latents of photographs with whatever a generator allows: encoder, gradients, or evolution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.inversion.latent_descent import MOST_STEPS, FoundLatents, LatentDescent
from models.inversion.latent_evolution import evolve_latents
from models.inversion.objective import Objective
from models.inversion.starts import choose_starts
from models.protocols import Encoder
from tlgan.errors import UserError

MOST_STARTS = 64


@dataclass(frozen=True)
class SearchOptions:
    """How latents are searched for.

    Attributes
    ----------
    steps : of the search; 0 takes what the encoder finds
    starts : from which the search for each photograph begins
    seed : of random starts, and of an evolution
    """

    steps: int = 200
    starts: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("steps", self.steps, 0, MOST_STEPS),
            ("starts", self.starts, 1, MOST_STARTS),
        ):
            if not least <= value <= most:
                raise UserError(f"`{name}` must be from {least} to {most}. Got {value}.")


class Inverter:
    """Finds latents of photographs for one generator.

    What it compiles serves every later photograph.

    Parameters
    ----------
    objective : Objective
        With the generator.
    encoder : Encoder or None
        Where there is none, searches begin at random latents.

    Example
    -------
    >>> inverter = Inverter(Objective(generator, load_frozen_features("celeba64")), load_encoder("celeba64"))
    >>> inverter(photographs).latents  # float32 (n, latent_dim) of uint8 (n, R, R, 3)
    """

    def __init__(self, objective: Objective, encoder: Encoder | None = None) -> None:
        self.objective, self.encoder = objective, encoder
        self._descents: dict[int, LatentDescent] = {}

    @property
    def has_gradients(self) -> bool:
        """Whether gradients pass through the generator."""
        return getattr(self.objective.generator, "draw_tensors", None) is not None

    def __call__(
        self,
        photographs: np.ndarray,
        options: SearchOptions = SearchOptions(),
        advance: Callable[[int], object] = lambda count: None,
    ) -> FoundLatents:
        """Find latents.

        Parameters
        ----------
        photographs : uint8 array, shape (n, R, R, 3)
            Aligned faces, as the generator draws them.
        options : SearchOptions
        advance : callable
            Told 1 after each of the `count_steps` steps.

        Raises
        ------
        UserError
            Without an encoder and without steps; or where no gradient passes through the generator and the package
            `cma` is not installed.
        """
        if not options.steps:
            return self._encode(photographs)
        starts = choose_starts(self.objective, photographs, self.encoder, options.starts, seed=options.seed)
        if not self.has_gradients:
            return evolve_latents(
                self.objective, photographs, starts, options.steps, seed=options.seed, advance=advance
            )
        rows = starts.shape[0] * starts.shape[1]
        if rows not in self._descents:
            self._descents[rows] = LatentDescent(self.objective, rows)
        return self._descents[rows](photographs, starts, options.steps, advance)

    def count_steps(self, photographs: int, options: SearchOptions) -> int:
        """How many steps are told of so many photographs."""
        return options.steps if self.has_gradients else options.steps * photographs

    def _encode(self, photographs: np.ndarray) -> FoundLatents:
        if self.encoder is None:
            raise UserError(
                f"`steps` must be above 0 for generator {self.objective.generator.name}, for which there is no "
                "encoder. Got 0. Train one with `make train RECIPE=… NAME=encoder`, or search with `--steps 200`."
            )
        latents = self.encoder(photographs)
        distances = self.objective.measure(latents, self.objective.describe(photographs))
        return FoundLatents(latents, distances, latents[None], (0,))
