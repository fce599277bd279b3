"""Find latents of photographs without gradients, by an evolution strategy: for generators of other projects.

Hansen and Ostermeier 2001, "Completely derandomized self-adaptation in evolution strategies", with the covariance's
diagonal alone, as Ros and Hansen 2008 ("A simple modification in CMA-ES achieving linear time and space complexity"),
which needs far fewer pictures in a hundred dimensions. The package `cma` does it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from models.inversion.latent_descent import SNAPSHOTS, FoundLatents
from models.inversion.objective import Objective
from tlgan.array_types import Floats
from tlgan.errors import UserError
from tlgan.latents.geometry import normalize_latents

POPULATION = 32  # latents drawn in a step
SPREAD = 0.3  # of the first step, in units of z; smaller once an encoder has come near


def import_cma() -> Any:
    """The package `cma`; `UserError` where it is not installed."""
    try:
        import cma
    except ImportError as error:
        raise UserError(
            "a search without gradients needs the package cma. Install it with `pip install cma`, or take what the "
            "encoder finds, with `--steps 0`."
        ) from error
    return cma


def evolve_latents(
    objective: Objective,
    photographs: np.ndarray,
    starts: np.ndarray,
    steps: int,
    *,
    seed: int = 0,
    advance: Callable[[int], object] = lambda count: None,
) -> FoundLatents:
    """Search for latents around the nearest start of each photograph.

    Parameters
    ----------
    objective : Objective
    photographs : uint8 array, shape (n, R, R, 3)
    starts : float array, shape (n, n_starts, latent_dim)
    steps : int
        Generations of `POPULATION` pictures, for each photograph.
    seed : int
    advance : callable
        Told 1 after each step of each photograph.

    Raises
    ------
    UserError
        Where the package `cma` is not installed.
    """
    cma = import_cma()
    found = []
    for number, photograph in enumerate(photographs):
        targets = objective.describe(photograph[None])
        start = starts[number][_measure(objective, starts[number], targets).argmin()]
        found.append(_evolve(cma, objective, targets, start, steps, seed + number, advance))
    paths = np.stack([path for path, _ in found], axis=1)
    told = tuple(sorted({round(share * steps) for share in SNAPSHOTS}))
    return FoundLatents(paths[-1], np.array([distance for _, distance in found], "float32"), paths, told)


def _evolve(
    cma: Any,
    objective: Objective,
    targets: list[np.ndarray],
    start: np.ndarray,
    steps: int,
    seed: int,
    advance: Callable[[int], object],
) -> tuple[np.ndarray, float]:
    """The best latents so far after each number of steps that is told, and the last one's distance."""
    told = {round(share * steps) for share in SNAPSHOTS}
    best, nearest = start, float(_measure(objective, start[None], targets)[0])
    path = [best]
    options = {
        "popsize": POPULATION,
        "CMA_diagonal": True,
        "seed": seed + 1,  # 0 would be the clock
        "verbose": -9,
        "maxiter": steps,
    }
    search = cma.CMAEvolutionStrategy(np.asarray(start, float), SPREAD, options)
    for step in range(steps):
        asked = search.ask()
        latents = _to_space(np.stack(asked), objective.generator.latent_space)
        distances = _measure(objective, latents, targets)
        search.tell(asked, distances.astype(float).tolist())
        if distances.min() < nearest:
            best, nearest = latents[distances.argmin()].astype("float32"), float(distances.min())
        advance(1)
        if step + 1 in told:
            path.append(best)
    return np.stack(path).astype("float32"), nearest


def _measure(objective: Objective, latents: np.ndarray, targets: list[np.ndarray]) -> np.ndarray:
    return objective.measure(latents, [np.repeat(part, len(latents), axis=0) for part in targets])


def _to_space(latents: Floats, latent_space: str) -> Floats:
    if latent_space == "uniform":
        return np.clip(latents, -1.0, 1.0)
    return normalize_latents(latents, latent_space)
