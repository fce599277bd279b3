"""What differs between TensorFlow, JAX and PyTorch: compilation, devices, gradients of inputs.

A whole training step is in `models.training.train_step`. No other module of `models` asks which backend
Keras runs on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops


@dataclass(frozen=True)
class Accelerator:
    """A GPU or another device that is not the processor.

    Attributes
    ----------
    name : str
    free_bytes : int or None, memory that is free; None where the backend does not tell
    """

    name: str
    free_bytes: int | None


def backend_name() -> str:
    """The backend that Keras runs on: "tensorflow", "jax" or "torch"."""
    return keras.backend.backend()


def compile_function(function: Callable) -> Callable:
    """Compile a function of one tensor for inference; PyTorch runs it as it is, without gradients.

    Parameters
    ----------
    function : callable, one tensor to a tensor or a list of tensors
    """
    compilers = {"tensorflow": _freeze_tensorflow, "jax": _compile_jax, "torch": _without_torch_gradients}
    return compilers[backend_name()](function)


def find_accelerator() -> Accelerator | None:
    """The accelerator where Keras puts a tensor; None where that is the processor.

    PyTorch tells the free memory of a CUDA device and JAX that of any device it can; TensorFlow tells
    what it uses, but not of how much.
    """
    finders = {"tensorflow": _find_tensorflow, "jax": _find_jax, "torch": _find_torch}
    return finders[backend_name()](ops.zeros(1))


def _freeze_tensorflow(function: Callable) -> Callable:
    """A graph for each shape, in which weights are constants, as JAX has them: TensorFlow folds and fuses these."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    traced = tf.function(function, autograph=False)
    frozen: dict[tuple, Callable] = {}

    def run(rows):
        shape_and_type = rows.shape, rows.dtype
        if shape_and_type not in frozen:
            graph = traced.get_concrete_function(tf.TensorSpec(*shape_and_type))
            frozen[shape_and_type] = convert_variables_to_constants_v2(graph)
        return frozen[shape_and_type](rows)

    return run


def _compile_jax(function: Callable) -> Callable:
    import jax

    return jax.jit(function)


def _without_torch_gradients(function: Callable) -> Callable:
    import torch

    return torch.no_grad()(function)


def _find_torch(tensor: Any) -> Accelerator | None:
    import torch

    device = tensor.device
    if device.type == "cpu":
        return None
    if device.type != "cuda":
        return Accelerator(device.type, None)
    free = torch.cuda.mem_get_info(device)[0]
    # PyTorch reserves memory beyond what its tensors take; the rest of that is free for new ones.
    reserved = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return Accelerator(torch.cuda.get_device_name(device), free + reserved)


def _find_jax(tensor: Any) -> Accelerator | None:
    (device,) = tensor.devices()
    if device.platform == "cpu":
        return None
    stats = device.memory_stats() or {}
    if not {"bytes_limit", "bytes_in_use"} <= set(stats):
        return Accelerator(device.device_kind, None)
    return Accelerator(device.device_kind, stats["bytes_limit"] - stats["bytes_in_use"])


def _find_tensorflow(tensor: Any) -> Accelerator | None:
    import tensorflow as tf

    kind, number = tensor.device.rsplit(":", 2)[-2:]  # …/device:GPU:0
    if kind == "CPU":
        return None
    physical = tf.config.list_physical_devices(kind)[int(number)]
    return Accelerator(tf.config.experimental.get_device_details(physical).get("device_name", kind), None)


def input_gradients(function: Callable, inputs):
    """Gradient of `sum(function(inputs))` with respect to `inputs`, itself differentiable.

    Returns a tensor of the shape of `inputs`. For gradient penalties inside a loss given to
    `compile_step`, and for functions given to `compile_function`.
    """
    backend = backend_name()
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

    with torch.enable_grad():  # which functions of `compile_function` turn off
        inputs = inputs.detach().requires_grad_(True)
        return torch.autograd.grad(function(inputs).sum(), inputs, create_graph=True)[0]


def compile_assignment(function: Callable) -> Callable:
    """`function`, which assigns Keras variables, compiled where the backend gains by it."""
    if backend_name() == "tensorflow":
        import tensorflow as tf

        return tf.function(function, autograph=False)
    if backend_name() == "torch":
        return _without_torch_gradients(function)
    return function
