"""Latents from which a search begins: what an encoder finds, and the nearest of many random ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.inversion.objective import Objective
from models.protocols import Encoder
from tlgan.errors import UserError
from tlgan.latents.geometry import normalize_latents
from tlgan.latents.sampling import draw_latents

CANDIDATES = 256  # random latents, of which the nearest are taken


def choose_starts(
    objective: Objective,
    photographs: np.ndarray,
    encoder: Encoder | None = None,
    count: int = 4,
    *,
    candidates: int = CANDIDATES,
    seed: int = 0,
) -> np.ndarray:
    """Choose the latents from which the search for each photograph begins.

    Parameters
    ----------
    objective : Objective
    photographs : uint8 array, shape (n, R, R, 3)
    encoder : Encoder or None
        What it finds is the first start of each.
    count : int
        Starts of each photograph.
    candidates : int
        Random latents; of these the nearest by the objective are the other starts.
    seed : int
        Of the random latents.

    Returns
    -------
    float32 array, shape (n, count, latent_dim)
    """
    generator = objective.generator
    if count < 1:
        raise UserError(f"`count` must be at least 1. Got {count}.")
    first = [] if encoder is None else [encoder(photographs)]
    random = count - len(first)
    if not random:
        starts = np.stack(first, axis=1)
    else:
        latents = draw_latents(
            0, max(candidates, random), generator.latent_dim, space=generator.latent_space, seed=seed
        )
        drawn, targets = objective.describe(generator(latents)), objective.describe(photographs)
        nearest = _nearest(objective, latents, drawn, targets, random)
        starts = np.concatenate([*(rows[:, None] for rows in first), latents[nearest]], axis=1)
    flat = starts.reshape(-1, generator.latent_dim)
    return normalize_latents(flat, generator.latent_space).reshape(starts.shape).astype("float32")


def _nearest(
    objective: Objective,
    latents: np.ndarray,
    drawn: Sequence[np.ndarray],
    targets: Sequence[np.ndarray],
    count: int,
) -> np.ndarray:
    """Numbers of the nearest latents of each photograph, int array (n, count)."""
    from keras import ops

    chosen = []
    for row in range(len(targets[0])):
        target = [ops.convert_to_tensor(part[row : row + 1]) for part in targets]
        pictures = [ops.convert_to_tensor(part) for part in drawn]
        distances = ops.convert_to_numpy(
            objective.distances(ops.convert_to_tensor(latents), pictures, target)
        )
        chosen.append(np.argsort(distances, kind="stable")[:count])
    return np.stack(chosen)
