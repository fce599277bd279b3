"""Pictures that a network could not draw: NaN and infinity are found before rounding makes numbers of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from keras import ops

from tlgan.errors import NonFiniteError


def finite_rows(images):
    """Whether all numbers of a picture are finite.

    Input shape: (n, h, w, channels), floats. Output shape: (n,), bool.
    """
    return ops.all(ops.isfinite(images), axis=tuple(range(1, len(images.shape))))


def refuse_non_finite(
    draw: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], name: str
) -> Callable[[np.ndarray], np.ndarray]:
    """Make a function of latents to pictures from one that says of each picture whether it is finite.

    Parameters
    ----------
    draw : callable, latents (n, latent_dim) to uint8 images (n, R, R, 3) and `finite_rows` (n,)
    name : str, of the generator, for messages

    Returns
    -------
    callable, latents (n, latent_dim) to uint8 images (n, R, R, 3)
        Raises NonFiniteError where a picture is not finite.
    """

    def draw_finite(latents: np.ndarray) -> np.ndarray:
        images, finite = draw(latents)
        if not finite.all():
            raise NonFiniteError(f"{name} draws NaN or infinity.", np.flatnonzero(~finite).tolist())
        return images

    return draw_finite
