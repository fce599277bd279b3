"""How near drawn faces are to photographs that the training never saw."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipelines.workflow.progress import say
from tlgan.errors import UserError
from tlgan.evaluation.image_distances import SMALLEST_LEVEL, frechet_distance, sliced_wasserstein
from tlgan.images import shrink_by_area
from tlgan.latents.sampling import draw_latents

SEED = 78


def measure(
    draw: Callable[[np.ndarray], np.ndarray],
    latent_dim: int,
    held_out: np.ndarray,
    labeller: str,
    floor: bool = True,
) -> dict[str, float]:
    """Sliced Wasserstein and Fréchet distances of drawn faces to held-out photographs.

    Half of the photographs are the measure; the other half, compared with the first, gives the floor
    that a perfect generator would reach with as many images.

    Parameters
    ----------
    draw : callable, latents (n, latent_dim) to uint8 images (n, r, r, 3)
    held_out : uint8 array, shape (n, R, R, 3), R a multiple of r
    labeller : name of the labeller whose features the Fréchet distance uses; left out where there is
        none, or where it reads another size
    floor : measure the floor as well
    """
    order = np.random.default_rng(SEED).permutation(len(held_out))
    half = len(order) // 2
    if half < 2:
        say(f"  no distances: {len(order)} held-out photographs are too few")
        return {}
    drawn = draw(draw_latents(0, half, latent_dim, seed=SEED))
    real, other = (
        shrink_by_area(held_out[np.sort(part)], drawn.shape[1])
        for part in (order[:half], order[half : 2 * half])
    )
    compared = {"": drawn} | ({"_floor": other} if floor else {})
    distances: dict[str, float] = {"faces_compared": float(half)}
    if real.shape[1] >= SMALLEST_LEVEL:
        for name, faces in compared.items():
            levels = sliced_wasserstein(real, faces)
            distances[f"sliced_wasserstein{name}"] = float(np.mean(list(levels.values())))
            distances |= {f"sliced_wasserstein{name}_{level}px": value for level, value in levels.items()}
    features = _features(labeller, real.shape[1])
    if features is not None:
        described = features(real)
        for name, faces in compared.items():
            distances[f"frechet{name}"] = frechet_distance(described, features(faces))
    return distances


def _features(labeller: str, resolution: int) -> Callable[[np.ndarray], np.ndarray] | None:
    from models.loaders.labeller import load_labeller

    try:
        loaded = load_labeller(labeller)
    except UserError as error:
        say(f"  no Fréchet distance: {error}")
        return None
    return loaded.features if loaded.resolution == resolution else None
