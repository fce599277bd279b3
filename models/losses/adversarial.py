"""Losses of generators and discriminators.

Sources: Goodfellow et al. 2014 (arXiv 1406.2661), the non-saturating logistic loss; Gulrajani et al.
2017 (arXiv 1704.00028), equation 3, WGAN-GP, with the drift term of Karras et al. 2018 (arXiv
1710.10196), appendix A.1; Mescheder et al. 2018 (arXiv 1801.04406), equation 9, the penalty R1; Lim and
Ye 2017 (arXiv 1705.02894), the hinge loss.
"""

from __future__ import annotations

from collections.abc import Callable

from keras import ops

from models.inference.backend import input_gradients

DRIFT = 0.001


def logistic_generator_loss(fake):
    """Mean of softplus(-score) over drawn pictures."""
    return ops.mean(ops.softplus(-fake))


def logistic_discriminator_loss(real, fake):
    """Mean of softplus(-score) over photographs plus that of softplus(score) over drawn pictures."""
    return ops.mean(ops.softplus(fake)) + ops.mean(ops.softplus(-real))


def wasserstein_generator_loss(fake):
    """Mean of -score over drawn pictures."""
    return ops.mean(-fake)


def wasserstein_discriminator_loss(real, fake):
    """Difference of mean scores, with a small pull of the photographs' scores to zero."""
    return ops.mean(fake) - ops.mean(real) + DRIFT * ops.mean(ops.square(real))


def hinge_generator_loss(fake):
    """Mean of -score over drawn pictures, summed over heads. `fake` has shape (n, heads)."""
    return ops.sum(ops.mean(-fake, axis=0))


def hinge_discriminator_loss(real, fake):
    """Mean of max(0, 1 - score) over photographs plus that of max(0, 1 + score), summed over heads."""
    return ops.sum(ops.mean(ops.relu(1.0 - real), axis=0) + ops.mean(ops.relu(1.0 + fake), axis=0))


def real_gradient_penalty(score: Callable, photographs):
    """R1: mean squared length of the score's gradient at photographs."""
    slopes = input_gradients(score, photographs)
    return ops.mean(ops.sum(ops.square(slopes), axis=(1, 2, 3)))


def mixed_gradient_penalty(score: Callable, photographs, pictures, mixes):
    """WGAN-GP: mean squared difference from one of the gradient's length between pictures and photographs.

    Parameters
    ----------
    mixes : tensor, shape (n, 1, 1, 1), uniform in [0, 1): where on the line between them
    """
    mixed = photographs + (pictures - photographs) * mixes
    slopes = input_gradients(score, mixed)
    lengths = ops.sqrt(ops.sum(ops.square(slopes), axis=(1, 2, 3)) + 1e-8)
    return ops.mean(ops.square(lengths - 1.0))
