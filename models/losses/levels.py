"""Losses over the levels of attributes, several attributes side by side."""

from __future__ import annotations

from collections.abc import Sequence

from keras import ops


def level_cross_entropy(logits, shares, sizes: Sequence[int]):
    """Cross-entropy of the levels of each attribute, summed over the attributes, mean over the rows.

    Parameters
    ----------
    logits, shares : tensors, shape (n, sum of sizes); the shares of an attribute sum to 1 in each row
    sizes : sequence of int, levels of each attribute

    Returns
    -------
    scalar tensor, natural logarithms
    """
    total, start = 0.0, 0
    for size in sizes:
        own = slice(start, start + size)
        total = total - ops.mean(ops.sum(shares[:, own] * ops.log_softmax(logits[:, own], axis=-1), axis=-1))
        start += size
    return total


def other_levels(shares, sizes: Sequence[int]):
    """The shares of the levels that an attribute does not have, each alike: of two levels, the other one.

    What a code that hides its attributes should be read as; see Lample et al. 2017 (arXiv 1706.00409), equation 4,
    which flips each of its binary attributes.

    Parameters
    ----------
    shares, sizes : as for `level_cross_entropy`

    Returns
    -------
    tensor, shape (n, sum of sizes)
    """
    parts, start = [], 0
    for size in sizes:
        parts.append((1.0 - shares[:, start : start + size]) / (size - 1))
        start += size
    return ops.concatenate(parts, axis=-1)
