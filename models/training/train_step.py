"""Training steps with gradients of gradients, on whichever backend Keras runs.

Keras has no gradient call of its own; these two functions are the only place in the project that
knows the backends apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


def compile_step(
    loss: Callable, optimizer: keras.optimizers.Optimizer, trained: Sequence, read: Sequence = ()
) -> Callable:
    """A function `step(*batch) -> (loss, *figures)` that updates the variables in `trained`.

    Parameters
    ----------
    loss : callable of tensors, returns a tuple (scalar to minimise, further scalars to report)
    optimizer : Keras optimiser that owns the state of `trained`
    trained : Keras variables to update
    read : other Keras variables that `loss` reads or assigns (moving statistics, the other network);
        JAX must be told
    """
    optimizer.build(trained)
    make = {"tensorflow": _tensorflow_step, "jax": _jax_step, "torch": _torch_step}
    return make[keras.backend.backend()](loss, optimizer, list(trained), list(read))


def _tensorflow_step(loss, optimizer, trained, read):
    import tensorflow as tf

    @tf.function(autograph=False)
    def step(*batch):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in trained])
            figures = loss(*batch)
        gradients = tape.gradient(
            figures[0],
            [variable.value for variable in trained],
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        optimizer.apply(gradients, trained)
        return figures

    return step


def _jax_step(loss, optimizer, trained, read):
    import jax

    def pure_loss(trained_values, read_values, batch):
        mapping = [*zip(trained, trained_values, strict=True), *zip(read, read_values, strict=True)]
        with keras.StatelessScope(state_mapping=mapping) as scope:
            figures = loss(*batch)
        return figures[0], (figures, [scope.get_current_value(variable) for variable in read])

    @jax.jit
    def pure_step(trained_values, read_values, optimizer_values, batch):
        gradients, (figures, read_values) = jax.grad(pure_loss, has_aux=True)(
            trained_values, read_values, batch
        )
        trained_values, optimizer_values = optimizer.stateless_apply(
            optimizer_values, gradients, trained_values
        )
        return trained_values, read_values, optimizer_values, figures

    def step(*batch):
        variables = (trained, read, optimizer.variables)
        values = [[variable.value for variable in group] for group in variables]
        *updated, figures = pure_step(*values, batch)
        for group, group_values in zip(variables, updated, strict=True):
            for variable, value in zip(group, group_values, strict=True):
                variable.assign(value)
        return figures

    return step


def _torch_step(loss, optimizer, trained, read):
    import torch

    seed = torch.initial_seed()

    def step(*batch):
        # Keras draws dropout from PyTorch's own generator here, which no checkpoint holds: key it by the step.
        torch.manual_seed((seed + 2**32 * int(optimizer.iterations)) % 2**63)
        figures = loss(*batch)
        gradients = torch.autograd.grad(
            figures[0], [variable.value for variable in trained], allow_unused=True
        )
        gradients = [
            torch.zeros_like(variable.value) if gradient is None else gradient
            for gradient, variable in zip(gradients, trained, strict=True)
        ]
        with torch.no_grad():
            optimizer.apply(gradients, trained)
        return tuple(figure.detach() for figure in figures)

    return step
