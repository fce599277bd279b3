"""Draw latents from a counter-based random generator: row i is the same however many are drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from tlgan.axes.axes import LATENT_SPACES
from tlgan.axes.names import check_choice
from tlgan.errors import UserError


def draw_latents(
    start: int, count: int, latent_dim: int, *, space: str = "sphere", seed: int = 0
) -> NDArray[np.float32]:
    """Draw rows `start` to `start + count` of the latents that belong to a seed.

    Each row owns its own range of counters of a Philox generator (Salmon et al. 2011, "Parallel
    random numbers: as easy as 1, 2, 3"), and each value is one draw through the inverse normal
    distribution, so row i is the same whatever the batch, the worker or the total.

    Parameters
    ----------
    start, count, latent_dim : int
    space : str
        "sphere" (standard normal, scaled to the sphere of radius sqrt(latent_dim), as the progressive
        GAN sees it), "normal" (standard normal) or "uniform" (in [-1, 1]).
    seed : int
        At least 0.

    Returns
    -------
    float32 array, shape (count, latent_dim)

    Raises
    ------
    UserError
        Where `space` is none of these or a number is out of range.

    Examples
    --------
    >>> from tlgan.latents.sampling import draw_latents
    >>> latents = draw_latents(0, 5, 512)
    >>> latents.shape
    (5, 512)
    >>> bool((draw_latents(3, 2, 512) == latents[3:]).all())
    True
    """
    check_choice("`space`", space, LATENT_SPACES)
    for name, value, least in (
        ("start", start, 0),
        ("count", count, 0),
        ("latent_dim", latent_dim, 1),
        ("seed", seed, 0),
    ):
        if value < least:
            raise UserError(f"`{name}` must be at least {least}. Got {value}.")
    counters = -(-latent_dim // 4)  # a counter yields four 64-bit draws
    bits = np.random.Philox(key=seed).advance(start * counters).random_raw(count * counters * 4)
    draws = bits.reshape(count, counters * 4)[:, :latent_dim]
    uniform = ((draws >> np.uint64(11)) + 0.5) * 2.0**-53
    if space == "uniform":
        return (uniform * 2 - 1).astype(np.float32)
    normal = ndtri(uniform)
    return (to_sphere(normal) if space == "sphere" else normal).astype(np.float32)


def to_sphere(latents: NDArray[np.floating]) -> NDArray[np.float64]:
    """Scale each latent to length sqrt(latent_dim), in float64.

    Source: arXiv 1710.10196, section 4.2.

    Parameters
    ----------
    latents : float array, shape (..., latent_dim)

    Returns
    -------
    float64 array, shape (..., latent_dim)

    Raises
    ------
    UserError
        Where a row has length zero or is not finite, and so has no direction.
    """
    latents = np.asarray(latents, dtype=np.float64)
    lengths = np.linalg.norm(latents, axis=-1, keepdims=True)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise UserError(
            "`latents` must be finite rows of positive length to lie on the sphere. Got a row that is not."
        )
    scaled: NDArray[np.float64] = latents * (np.sqrt(latents.shape[-1]) / lengths)
    return scaled
