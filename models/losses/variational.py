"""Losses of a variational autoencoder: divergence from the prior, and features that are not reproduced."""

from __future__ import annotations

from keras import ops


def divergence(means, log_variances):
    """Kullback-Leibler divergence of normal posteriors from the standard normal prior, in nats, mean over rows.

    Kingma and Welling 2014, arXiv 1312.6114, appendix B.

    Input shapes: (n, D) each. Output: a scalar, at least 0; 0 where all means and log variances are 0.
    """
    terms = means**2 + ops.exp(log_variances) - log_variances - 1.0
    return 0.5 * ops.mean(ops.sum(terms, axis=-1))


def missed_share(wanted, drawn):
    """The share of the variance of features that is not reproduced, mean over scales.

    Each channel counts by its variance over the batch and all places, so that no scale or network weighs more
    for its units. 0 where the features are equal; 1 where they are no nearer than their mean.

    Parameters
    ----------
    wanted, drawn : lists of tensors, shape (n, h, w, channels), features of the same images at several scales
    """
    shares = []
    for target, found in zip(wanted, drawn, strict=True):
        mean = ops.mean(target, axis=(0, 1, 2), keepdims=True)
        shares.append(ops.mean((target - found) ** 2) / (ops.mean((target - mean) ** 2) + 1e-8))
    return sum(shares) / len(shares)
