"""The aggregate posterior: how the latents that an encoder finds for many images are distributed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tlgan.array_types import Floats
from tlgan.errors import UserError


@dataclass(frozen=True, eq=False)
class AggregatePosterior:
    """Mean and covariance of latents, as a linear change to standard normal ones.

    A latent z and its standard form u belong together by z = mean + u root, u = (z - mean) inverse_root.

    Attributes
    ----------
    mean : float64 array, shape (D,)
    root : float64 array, shape (D, D)
        The symmetric square root of the covariance.
    inverse_root : float64 array, shape (D, D)
    """

    mean: Floats
    root: Floats
    inverse_root: Floats


def aggregate_posterior(means: ArrayLike, variances: ArrayLike) -> AggregatePosterior:
    """Mean and covariance of a mixture of normal distributions, one for each image.

    Makhzani et al. 2016, "Adversarial autoencoders", arXiv 1511.05644, equation 1, names the mixture; its
    covariance is that of the means, plus the mean of the variances.

    Parameters
    ----------
    means, variances : float arrays, shape (n, D)
        What an encoder says of n images.

    Raises
    ------
    UserError
        Where they are no two arrays of one shape with rows, or a variance is not above 0.
    """
    centres, spreads = np.asarray(means, np.float64), np.asarray(variances, np.float64)
    if centres.shape != spreads.shape or centres.ndim != 2 or not len(centres):
        raise UserError(
            f"`means` and `variances` must have one shape (n, D), n at least 1. Got {centres.shape} and "
            f"{spreads.shape}."
        )
    if not (np.isfinite(centres).all() and np.isfinite(spreads).all() and (spreads > 0).all()):
        raise UserError("`means` must be finite and `variances` finite and above 0. Got others.")
    mean = centres.mean(axis=0)
    covariance = (centres - mean).T @ (centres - mean) / len(centres) + np.diag(spreads.mean(axis=0))
    values, vectors = np.linalg.eigh(covariance)
    roots = np.sqrt(values)
    return AggregatePosterior(mean, (vectors * roots) @ vectors.T, (vectors / roots) @ vectors.T)
