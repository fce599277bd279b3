"""Drawn faces must have the photographs' mean and covariance: in features of a frozen network, and in pixels.

After Mroueh, Sercu, Goel 2017, "McGan: mean and covariance feature matching GAN", arXiv 1702.08398. The features
are fixed here, so that the aim is the Fréchet distance itself, up to its form. Pixels are matched twice: in small
windows, whose covariance tells texture, and in small pictures, whose covariance tells light, colours and pose. The
features hardly see either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from models.inference.compile import compile_forward
from models.kinds.progressive_gan import ProgressiveGanOptions
from models.loaders.frozen_features import load_frozen_features
from models.networks.equalized_layers import downscale
from models.training.gan.figures import some_rows
from tlgan.errors import UserError

COMPONENTS = 64  # principal components of the features that are matched, at most
KEEP = 0.97  # of the running moments, in each step
PHOTOGRAPHS, BATCH = 5_000, 50  # that are read, and at a time
PATCH, STRIDE = 7, 3  # pixels; a stride that does not divide into what an upscaling repeats
PATCHED_PIXELS = 4_096_000  # of photographs whose patches are taken: 1,000 of 64×64
SMALL = 16  # pixels per side of the small pictures
MEAN_WEIGHT = 4.0  # of squared means beside squared covariances


class FeatureMatching(keras.layers.Layer):
    """Weighted distance of drawn faces' running mean and covariance of features to the photographs'.

    The features are given in principal components of the photographs, scaled so that the variance of each is its
    standard deviation over the mean of these: small ones count, but not as much as large ones. The moments of the
    drawn faces are running ones, since a batch is too small to tell a covariance; the gradient reaches the last
    batch.

    Input shape: images (n, r, r, 3), float32, [-1, 1]. Output: a scalar, at least 0.

    Parameters
    ----------
    describe : callable, tensor of images to tensor of features (any number of rows, F); its variables are not
        this layer's
    features : float array, shape (m, F), of photographs
    weight : float, of the distance
    most : int, principal components that are matched

    Raises
    ------
    UserError
        Where the photographs are fewer than 2 or all alike.
    """

    def __init__(
        self,
        describe: Callable[[Any], Any],
        features: np.ndarray,
        weight: float = 1.0,
        most: int = COMPONENTS,
        **kwargs,
    ):
        super().__init__(trainable=False, dtype="float32", **kwargs)
        self._describe, self._weight = describe, weight
        self.centre, self.components, variances = _scaled_components(features, most)
        self.target = np.diag(variances).astype("float32")
        count = len(variances)
        self.mean = self.add_weight(shape=(count,), initializer="zeros", trainable=False, name="mean")
        self.second = self.add_weight(shape=(count, count), trainable=False, name="second")
        self.second.assign(self.target)
        self.built = True

    def call(self, images):
        codes = ops.matmul(ops.cast(self._describe(images), "float32") - self.centre, self.components)
        products = ops.matmul(ops.transpose(codes), codes) / codes.shape[0]
        mean = KEEP * self.mean + (1 - KEEP) * ops.mean(codes, axis=0)
        second = KEEP * self.second + (1 - KEEP) * products
        self.mean.assign(ops.stop_gradient(mean))
        self.second.assign(ops.stop_gradient(second))
        distance = MEAN_WEIGHT * ops.sum(ops.square(mean)) + ops.sum(ops.square(second - self.target))
        return self._weight * distance


def match_photographs(options: ProgressiveGanOptions, photographs: np.ndarray) -> dict[str, FeatureMatching]:
    """What the options want drawn faces to have in common with photographs, by name.

    Parameters
    ----------
    options : ProgressiveGanOptions; `features`, `feature_weight` and `pixel_weight` are read
    photographs : uint8 array, shape (n, r, r, 3); 5,000 of them at most are read

    Raises
    ------
    UserError
        Where there is no labeller of that name, or the photographs are all alike.
    """
    matched = {}
    if options.features:
        matched["matching"] = _match_features(options.features, photographs, options.feature_weight)
    if options.pixel_weight:
        some = photographs[some_rows(np.arange(len(photographs)), PHOTOGRAPHS)]
        _, height, width, colours = photographs.shape
        whole = PATCH * PATCH * colours
        for name, describe, count, most in (
            ("patches", describe_patches, PATCHED_PIXELS // (height * width), whole),
            ("small", describe_small, PHOTOGRAPHS, COMPONENTS),
        ):
            described = describe(np.asarray(some[:count], "float32") / 127.5 - 1.0)
            features = ops.convert_to_numpy(described)
            matched[name] = FeatureMatching(describe, features, options.pixel_weight, most, name=name)
    return matched


def describe_patches(images):
    """Windows of 7×7 pixels, every third, as rows. Input shape (n, r, r, 3), output shape (any number, 147)."""
    windows = ops.image.extract_patches(images, PATCH, strides=STRIDE, padding="valid")
    return ops.reshape(windows, (-1, windows.shape[-1]))


def describe_small(images):
    """Pictures of 16×16 pixels at most, by area, as rows. Input shape (n, r, r, 3), output shape (n, 768)."""
    while images.shape[1] > SMALL:
        images = downscale(images)
    return ops.reshape(images, (-1, images.shape[1] * images.shape[2] * images.shape[3]))


def _match_features(labeller: str, photographs: np.ndarray, weight: float) -> FeatureMatching:
    frozen = load_frozen_features(labeller)

    def describe(images):
        return frozen.describe(images)[-1]

    read = compile_forward(lambda rows: describe(ops.cast(rows, "float32") / 127.5 - 1.0), BATCH)
    some = some_rows(np.arange(len(photographs)), PHOTOGRAPHS)
    return FeatureMatching(describe, read(photographs[some]), weight, name="matching")


def _scaled_components(features: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centre (F,), scaled components (F, K), and the variances that photographs have in them (K,)."""
    wide = np.asarray(features, "float64")
    if len(wide) < 2 or np.ptp(wide, axis=0).max() == 0:
        raise UserError(
            f"`features` are matched to those of photographs that differ. Got {len(wide)} of them, all alike; "
            "give more, or leave `features` and `pixel_weight` out."
        )
    centre = wide.mean(axis=0)
    variances, directions = np.linalg.eigh(np.atleast_2d(np.cov(wide.T)))
    largest = np.argsort(variances)[::-1][:most]
    largest = largest[variances[largest] > 1e-6 * variances.max()]
    variances, directions = variances[largest], directions[:, largest]
    scaled = np.sqrt(variances) / np.sqrt(variances).mean()
    components = directions * np.sqrt(scaled / variances)
    return centre.astype("float32"), components.astype("float32"), scaled
