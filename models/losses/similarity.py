"""Structural dissimilarity of pictures, as a loss."""

from __future__ import annotations

import numpy as np
from keras import ops

from tlgan.evaluation.image_quality import K1, K2, RADIUS, WINDOW

LEAST_SIDE = 2 * RADIUS + 1  # pixels: one whole window


def structural_dissimilarity(pictures, targets):
    """Half of one minus the structural similarity, mean over rows, colours and places: 0 where all are equal.

    Wang et al. 2004 (see `tlgan.evaluation.image_quality.structural_similarity`), of each colour by itself, in
    Gaussian windows that lie wholly inside the picture.

    Parameters
    ----------
    pictures, targets : tensors, shape (n, h, w, c), in [0, 1], at least `LEAST_SIDE` pixels per side

    Returns
    -------
    scalar tensor, 0 to 1
    """
    mean_first, mean_second = _smooth(pictures), _smooth(targets)
    variance_first = _smooth(ops.square(pictures)) - ops.square(mean_first)
    variance_second = _smooth(ops.square(targets)) - ops.square(mean_second)
    covariance = _smooth(pictures * targets) - mean_first * mean_second
    c1, c2 = K1**2, K2**2
    similarity = ((2 * mean_first * mean_second + c1) * (2 * covariance + c2)) / (
        (ops.square(mean_first) + ops.square(mean_second) + c1) * (variance_first + variance_second + c2)
    )
    return ops.mean(1.0 - similarity) / 2


def _smooth(pictures):
    """Means in Gaussian windows, one axis after the other; whole windows alone."""
    places, colours = np.arange(-RADIUS, RADIUS + 1), pictures.shape[-1]
    weights = np.exp(-(places**2) / (2 * WINDOW**2))
    line = np.tile((weights / weights.sum()).astype("float32")[:, None], colours)
    for height, width in ((LEAST_SIDE, 1), (1, LEAST_SIDE)):
        window = ops.convert_to_tensor(line.reshape(height, width, colours, 1))
        pictures = ops.depthwise_conv(pictures, window, padding="valid", data_format="channels_last")
    return pictures
