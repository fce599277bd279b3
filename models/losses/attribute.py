"""Loss of an attribute network."""

from __future__ import annotations

from keras import ops


def masked_loss(outputs, labels, binary):
    """Mean loss over known labels: cross-entropy for binary ones, squared error for continuous ones.

    Parameters
    ----------
    outputs : tensor, shape (n, K), logits or standardised values
    labels : tensor, shape (n, K), 0 or 1, or standardised values; NaN = unknown
    binary : float32 array, shape (K,), 1 where the attribute is binary
    """
    outputs, labels, binary = (ops.convert_to_tensor(values) for values in (outputs, labels, binary))
    known = ops.cast(ops.logical_not(ops.isnan(labels)), "float32")
    labels = ops.where(ops.isnan(labels), 0.0, labels)
    cross_entropy = ops.softplus(outputs) - labels * outputs
    squared = ops.square(outputs - labels)
    losses = (cross_entropy * binary + squared * (1 - binary)) * known
    return ops.sum(losses) / ops.maximum(ops.sum(known), 1.0)
