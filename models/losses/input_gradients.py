"""Gradients with respect to images, on whichever backend Keras runs, for penalties inside a loss."""

from __future__ import annotations

from collections.abc import Callable

import keras


def input_gradients(function: Callable, inputs):
    """Gradient of `sum(function(inputs))` with respect to `inputs`, itself differentiable.

    Returns a tensor of the shape of `inputs`. For gradient penalties inside a loss given to
    `compile_step`.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(inputs)
            total = tf.reduce_sum(function(inputs))
        return tape.gradient(total, inputs)
    if backend == "jax":
        import jax

        return jax.grad(lambda values: function(values).sum())(inputs)
    import torch

    inputs = inputs.detach().requires_grad_(True)
    return torch.autograd.grad(function(inputs).sum(), inputs, create_graph=True)[0]
