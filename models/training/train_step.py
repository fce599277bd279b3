"""Training steps on whichever backend Keras runs.

Keras has no gradient call of its own: this module and `models.inference.backend` are the only ones that
know the backends apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
from keras import ops

from models.inference.backend import backend_name

Update = tuple[keras.optimizers.Optimizer, Sequence]


def compile_step(
    loss: Callable, optimizer: keras.optimizers.Optimizer, trained: Sequence, read: Sequence = ()
) -> Callable:
    """A function `step(*batch) -> (loss, *figures)` that updates the variables in `trained`.

    Parameters
    ----------
    loss : callable of tensors, returns a tuple (scalar to minimise, further scalars to report)
    optimizer : Keras optimiser that owns the state of `trained`
    trained : Keras variables to update
    read : other Keras variables that `loss` reads or assigns (moving statistics, another network);
        JAX must be told
    """
    return compile_joint_step(loss, [(optimizer, trained)], read)


def compile_joint_step(losses: Callable, updates: Sequence[Update], read: Sequence = ()) -> Callable:
    """A function `step(*batch) -> (*losses, *figures)` that updates several groups of variables at once.

    All losses are computed from the variables as they were before the step, so what they share is computed
    once; each is differentiated with respect to the variables of its own group alone.

    Parameters
    ----------
    losses : callable of tensors, returns a tuple: a scalar to minimise for each update, in their order,
        then further scalars to report
    updates : pairs of a Keras optimiser and the variables that it updates
    read : other Keras variables that `losses` reads or assigns; JAX must be told
    """
    updates = [(optimizer, list(trained)) for optimizer, trained in updates]
    for optimizer, trained in updates:
        if not optimizer.built:
            optimizer.build(trained)
    make = {"tensorflow": _tensorflow_step, "jax": _jax_step, "torch": _torch_step}
    return make[backend_name()](losses, updates, list(read))


def unread_moments(optimizer: keras.optimizers.Optimizer) -> list:
    """The first moments of an Adam with beta_1 = 0, which no checkpoint holds: each is the last gradient.

    A step sets them to 0, since Keras adds (gradient - moment) to the moment: the sum differs from the gradient in
    the last bit, so that a training that was resumed would differ from one that was not.
    """
    if getattr(optimizer, "beta_1", None) != 0:
        return []
    return [variable for variable in optimizer.variables if "momentum" in variable.path]


def _clear(variables) -> None:
    for variable in variables:
        variable.assign(ops.zeros_like(variable))


def _tensorflow_step(losses, updates, read):
    import tensorflow as tf

    @tf.function(autograph=False)
    def step(*batch):
        with tf.GradientTape(persistent=len(updates) > 1, watch_accessed_variables=False) as tape:
            tape.watch([variable.value for _, trained in updates for variable in trained])
            figures = losses(*batch)
        gradients = [
            tape.gradient(
                figure,
                [variable.value for variable in trained],
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            for figure, (_, trained) in zip(figures, updates, strict=False)
        ]
        for group, (optimizer, trained) in zip(gradients, updates, strict=True):
            optimizer.apply(group, trained)
            _clear(unread_moments(optimizer))
        return figures

    return step


def _jax_step(losses, updates, read):
    import jax

    variables = [variable for _, trained in updates for variable in trained]

    def pure_losses(group_values, number, groups, read_values, batch):
        groups = [*groups[:number], group_values, *groups[number + 1 :]]
        values = [value for group in groups for value in group]
        mapping = [*zip(variables, values, strict=True), *zip(read, read_values, strict=True)]
        with keras.StatelessScope(state_mapping=mapping) as scope:
            figures = losses(*batch)
        return figures[number], (figures, [scope.get_current_value(variable) for variable in read])

    @jax.jit
    def pure_step(groups, read_values, optimizer_values, batch):
        stepped = []
        for number, (optimizer, _) in enumerate(updates):
            # What the groups' gradients share is computed once: the compiler finds equal parts.
            gradients, (figures, read_after) = jax.grad(pure_losses, has_aux=True)(
                groups[number], number, groups, read_values, batch
            )
            stepped.append(optimizer.stateless_apply(optimizer_values[number], gradients, groups[number]))
        return [group for group, _ in stepped], read_after, [state for _, state in stepped], figures

    def step(*batch):
        groups = [[variable.value for variable in trained] for _, trained in updates]
        states = [[variable.value for variable in optimizer.variables] for optimizer, _ in updates]
        groups, read_values, states, figures = pure_step(
            groups, [variable.value for variable in read], states, batch
        )
        for (optimizer, trained), group, state in zip(updates, groups, states, strict=True):
            _assign_all(trained, group)
            _assign_all(optimizer.variables, state)
        for optimizer, _ in updates:
            _clear(unread_moments(optimizer))
        _assign_all(read, read_values)
        return figures

    return step


def _assign_all(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _torch_step(losses, updates, read):
    import torch

    seed = torch.initial_seed()
    first = updates[0][0]

    def step(*batch):
        # Keras draws dropout from PyTorch's own generator here, which no checkpoint holds: key it by the step.
        torch.manual_seed((seed + 2**32 * int(first.iterations)) % 2**63)
        figures = losses(*batch)
        gradients = []
        for number, (_, trained) in enumerate(updates):
            group = torch.autograd.grad(
                figures[number],
                [variable.value for variable in trained],
                allow_unused=True,
                retain_graph=number + 1 < len(updates),
            )
            gradients.append(
                [
                    torch.zeros_like(variable.value) if gradient is None else gradient
                    for gradient, variable in zip(group, trained, strict=True)
                ]
            )
        with torch.no_grad():
            for group, (optimizer, trained) in zip(gradients, updates, strict=True):
                optimizer.apply(group, trained)
                _clear(unread_moments(optimizer))
        return tuple(figure.detach() for figure in figures)

    return step
