"""Distances between a photograph and what a generator draws of a latent, one for each row."""

from __future__ import annotations

from collections.abc import Sequence

from keras import ops

SCALES = 4  # the picture itself, and its halves
EPSILON = 1e-8


def pixel_distances(images, targets):
    """Mean squared difference of pixels, averaged over the picture and its halves by area.

    The halves count what lies a pixel off as near.

    Input shapes: (n, R, R, 3). Output shape: (n,).
    """
    difference = images - targets
    distances = []
    for scale in range(SCALES):
        if scale and difference.shape[1] % 2 == 0 and difference.shape[1] > 2:
            difference = ops.average_pool(difference, 2, strides=2, data_format="channels_last")
        distances.append(ops.mean(ops.square(difference), axis=(1, 2, 3)))
    return sum(distances) / len(distances)


def feature_distances(features: Sequence, targets: Sequence):
    """Squared difference of feature vectors of length 1, averaged over places and summed over layers.

    As Zhang et al. 2018 (arXiv 1801.03924, equation 1), with all channels of equal weight.

    Input shapes: of each layer (n, …, channels). Output shape: (n,).
    """
    return sum(
        ops.mean(
            ops.sum(ops.square(_unit(one) - _unit(other)), axis=-1), axis=tuple(range(1, len(one.shape) - 1))
        )
        for one, other in zip(features, targets, strict=True)
    )


def _unit(features):
    return features * ops.rsqrt(ops.sum(ops.square(features), axis=-1, keepdims=True) + EPSILON)


def prior_distances(latents, latent_space: str):
    """How unlikely latents are: half their mean square where they are normal, 0 elsewhere.

    Every latent of the sphere, and of the cube of uniform latents, is as likely as any other.

    Input shape: (n, latent_dim). Output shape: (n,).
    """
    if latent_space == "normal":
        return ops.mean(ops.square(latents), axis=1) / 2
    return ops.zeros_like(latents[:, 0])
