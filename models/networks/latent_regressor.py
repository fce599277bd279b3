"""Multilayer perceptrons from latents to scores, several side by side in one network."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import ops


class MemberDense(keras.layers.Layer):
    """A dense layer for each member of an ensemble.

    Input shape: (n_members, n, n_in). Output shape: (n_members, n, units).

    Example
    -------
    >>> MemberDense(5)(ops.zeros((2, 4, 3))).shape
    TensorShape([2, 4, 5])
    """

    def __init__(self, units: int, **options) -> None:
        super().__init__(**options)
        self.units = units

    def build(self, input_shape) -> None:
        members, _, width = input_shape
        # Glorot and Bengio 2010 for each member; Keras would take the members for a receptive field.
        bound = (6 / (width + self.units)) ** 0.5
        uniform = keras.initializers.RandomUniform(-bound, bound)
        self.kernel = self.add_weight(shape=(members, width, self.units), initializer=uniform, name="kernel")
        self.bias = self.add_weight(shape=(members, 1, self.units), initializer="zeros", name="bias")

    def call(self, rows):
        return ops.matmul(rows, self.kernel) + self.bias

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)


def build_latent_regressor(
    latent_dim: int, n_outputs: int, *, members: int, widths: Sequence[int], dropout: float
) -> keras.Model:
    """Build the network: dense layers, GELU (Hendrycks and Gimpel 2016, arXiv 1606.08415) and dropout.

    Parameters
    ----------
    latent_dim, n_outputs : int
    members : int
    widths : sequence of int, units of each hidden layer
    dropout : float in [0, 1)

    Returns
    -------
    keras.Model
        Latents (n, latent_dim) to (members, n, n_outputs).
    """
    latents = keras.Input((latent_dim,))
    hidden = ops.repeat(ops.expand_dims(latents, 0), members, axis=0)
    # A checkpoint knows variables by their layers' names.
    for number, width in enumerate(widths):
        hidden = ops.gelu(MemberDense(width, name=f"hidden_{number}")(hidden), approximate=False)
        hidden = keras.layers.Dropout(dropout, name=f"dropout_{number}")(hidden)
    return keras.Model(latents, MemberDense(n_outputs, name="scores")(hidden), name="latent_regressor")


def layer_arrays(network: keras.Model) -> list[tuple]:
    """Weights (n_members, n_in, n_out) and biases (n_members, n_out) of each layer, as float32 arrays."""
    layers = [layer for layer in network.layers if isinstance(layer, MemberDense)]
    return [(ops.convert_to_numpy(layer.kernel), ops.convert_to_numpy(layer.bias)[:, 0]) for layer in layers]
