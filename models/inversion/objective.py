"""What inversion makes small: how far what is drawn of a latent lies from a photograph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from models.inference.compile import compile_forward
from models.loaders.frozen_features import FrozenFeatures
from models.losses.inversion import feature_distances, pixel_distances, prior_distances
from models.protocols import Generator
from tlgan.errors import UserError

BATCH = 32


@dataclass(frozen=True)
class InversionWeights:
    """How much each part of the objective counts.

    Attributes
    ----------
    pixels : of squared differences of pixels, of the picture and its halves, at a range of -1 to 1
    features : of squared differences of feature vectors of length 1
    prior : of half the mean square of a normal latent
    """

    pixels: float = 10.0
    features: float = 1.0
    prior: float = 0.02


class Objective:
    """Distances of drawn pictures from photographs, in pixels and in the features of a frozen network.

    A network that judges inversions must not be the one whose features are given here.

    Parameters
    ----------
    generator : Generator
    features : FrozenFeatures or None
        None compares pixels alone.
    weights : InversionWeights
    """

    def __init__(
        self,
        generator: Generator,
        features: FrozenFeatures | None = None,
        weights: InversionWeights = InversionWeights(),
    ) -> None:
        self.generator, self.features, self.weights = generator, features, weights
        self._describe = compile_forward(self.described, BATCH)

    def described(self, images) -> list:
        """Images, and their feature maps: tensors of n rows, of images (n, R, R, 3) in [-1, 1]."""
        return [images, *(self.features.describe(images) if self.features else [])]

    def describe(self, images: np.ndarray) -> list[np.ndarray]:
        """The same for arrays of bytes, uint8 (n, R, R, 3).

        Raises
        ------
        UserError
            For images of another size than the generator draws.
        """
        size = self.generator.resolution
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (size, size, 3):
            raise UserError(
                f"`photographs` must be uint8 of shape (n, {size}, {size}, 3), as {self.generator.name} draws. Got "
                f"{images.dtype} {images.shape}."
            )
        described = self._describe(images.astype("float32") / np.float32(127.5) - 1)
        return list(described) if isinstance(described, tuple) else [described]

    def distances(self, latents: Any, drawn: Sequence, targets: Sequence):
        """The objective of each row, tensor (n,).

        Parameters
        ----------
        latents : tensor, shape (n, latent_dim)
        drawn, targets : sequences as `described` gives them, of drawn pictures and of photographs
        """
        weights = self.weights
        distances = weights.pixels * pixel_distances(drawn[0], targets[0])
        if self.features is not None:
            distances = distances + weights.features * feature_distances(drawn[1:], targets[1:])
        return distances + weights.prior * prior_distances(latents, self.generator.latent_space)

    def measure(self, latents: np.ndarray, targets: Sequence[np.ndarray]) -> np.ndarray:
        """The objective of latents (n, latent_dim) against described photographs of n rows, float32 (n,)."""
        drawn = self.describe(self.generator(latents))
        rows, drawn, targets = (
            [ops.convert_to_tensor(part) for part in parts]
            for parts in ([np.asarray(latents, "float32")], drawn, targets)
        )
        return ops.convert_to_numpy(self.distances(rows[0], drawn, targets))
