"""How near drawn faces are to photographs that the training never saw, and how varied they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.loaders.labeller import LoadedLabeller
from tlgan.evaluation.image_distances import SMALLEST_LEVEL, frechet_distance, sliced_wasserstein
from tlgan.evaluation.variety import rarer_attributes, spread_ratio
from tlgan.images import shrink_by_area
from tlgan.latents.sampling import draw_latents

SEED = 78
FEWEST = 4  # photographs that can be compared


def measure_gan(
    draw: Callable[[np.ndarray], np.ndarray],
    latent_dim: int,
    photographs: np.ndarray,
    labeller: LoadedLabeller | None = None,
    floor: bool = False,
) -> dict[str, float]:
    """Distances of drawn faces to photographs, and the spread of both.

    As many faces are drawn as there are photographs. Below the photographs' resolution these are shrunk by
    area; what a labeller reads is enlarged to its size again, photographs and drawn faces alike.

    Parameters
    ----------
    draw : callable, latents (n, latent_dim) to uint8 images (n, r, r, 3)
    photographs : uint8 array, shape (n, R, R, 3), R a multiple of r
    labeller : its features and scores are used; without it, or where its resolution is no multiple of the
        pictures', pixels alone count
    floor : whether to compare one half of the photographs with the other too: what a perfect generator
        would reach with half as many images

    Returns
    -------
    dict of str to float: `sliced_wasserstein` (×1000; also of each level), `frechet` in the labeller's
    features, `feature_spread` and `score_spread` (drawn over photographs, 1 is equal),
    `rare_attributes` (binary attributes whose share is below a third of the photographs'); empty for
    fewer than 4 photographs
    """
    if len(photographs) < FEWEST:
        return {}
    drawn = draw(draw_latents(0, len(photographs), latent_dim, seed=SEED))
    real = shrink_by_area(photographs, drawn.shape[1])
    figures: dict[str, float] = {"faces_compared": float(len(real))}
    halves = np.array_split(np.random.default_rng(SEED).permutation(len(real)), 2)
    if real.shape[1] >= SMALLEST_LEVEL:
        pairs = {"": (real, drawn)} | (
            {"_floor": _equal(*(real[np.sort(half)] for half in halves))} if floor else {}
        )
        for name, pair in pairs.items():
            levels = sliced_wasserstein(*pair)
            figures[f"sliced_wasserstein{name}"] = float(np.mean(list(levels.values())))
            figures |= {f"sliced_wasserstein{name}_{level}px": value for level, value in levels.items()}
    if labeller is None or labeller.resolution % real.shape[1]:
        return figures
    scores, features = labeller.read(enlarge(real, labeller.resolution))
    drawn_scores, drawn_features = labeller.read(enlarge(drawn, labeller.resolution))
    figures["frechet"] = frechet_distance(features, drawn_features)
    if floor:
        figures["frechet_floor"] = frechet_distance(*(features[half] for half in halves))
    figures["feature_spread"] = spread_ratio(features, drawn_features)
    figures["score_spread"] = spread_ratio(scores, drawn_scores)
    binary = [kind == "binary" for kind in labeller.kinds]
    rarer = rarer_attributes(scores[:, binary], drawn_scores[:, binary])
    return figures | {"rare_attributes": float(rarer.sum())}


def _equal(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    n = min(len(first), len(second))
    return first[:n], second[:n]


def enlarge(images: np.ndarray, resolution: int) -> np.ndarray:
    """uint8 images (n, r, r, 3) at a multiple of their resolution, pixels repeated."""
    factor = resolution // images.shape[1]
    return images.repeat(factor, axis=1).repeat(factor, axis=2)
