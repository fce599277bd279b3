"""Loss of a regression on several targets, some of them labels, with unknown ones left out."""

from __future__ import annotations

from keras import ops


def masked_regression_loss(predictions, targets, logistic):
    """Mean loss over the known targets: squared error, or cross-entropy where `logistic` is 1.

    Parameters
    ----------
    predictions : tensor, shape (n_members, n, n_targets)
        Logits where `logistic` is 1.
    targets : float tensor, shape (n, n_targets)
        0 or 1 where `logistic` is 1; NaN = unknown.
    logistic : float array, shape (n_targets,)

    Returns
    -------
    scalar tensor
    """
    known = ops.logical_not(ops.isnan(targets))
    filled = ops.where(known, targets, 0.0)
    squared = ops.square(predictions - filled)
    entropy = ops.softplus(predictions) - filled * predictions
    losses = (1.0 - logistic) * squared + logistic * entropy
    weights = ops.cast(known, predictions.dtype)
    return ops.sum(ops.mean(losses, axis=0) * weights) / ops.maximum(ops.sum(weights), 1.0)
