"""Importing the deep-learning backend without its banners, on the CPU where its GPU libraries do not load."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec

from pipelines.execution.install import BACKENDS, find_gpu
from pipelines.workflow.progress import say
from tlgan.errors import UserError

# Settings with which a person turns the GPU off, and their values.
_GPU_OFF = {
    "CUDA_VISIBLE_DEVICES": ("", "-1"),
    "JAX_PLATFORMS": ("cpu",),
    "KERAS_TORCH_DEVICE": ("cpu",),
}


def import_quietly() -> None:
    """Import Keras and its backend; their native start-up messages are dropped, errors are not.

    Raises
    ------
    UserError
        Where `KERAS_BACKEND` names another backend than TensorFlow, JAX or PyTorch, or one not installed.
    """
    if "keras" in sys.modules:
        return
    backend = os.environ.get("KERAS_BACKEND", "")
    _check_backend(backend)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Take of a GPU what is needed and no more: workers of a cluster may compute on the same one.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    with _native_errors_dropped():
        if backend in ("jax", "torch"):
            _use_cpu_where_gpu_fails(backend)
        import keras

        keras.ops.zeros(1)  # the backend's own start-up messages come with its first tensor


@cache
def say_device() -> None:
    """Print on which device this process computes, once."""
    say(device_sentence())


def device_sentence() -> str:
    """The device that computes; where it is the CPU although there is a GPU, what to do about it."""
    from models.inference.backend import backend_name
    from models.inference.device import current_device

    device, backend = current_device(), backend_name()
    turned_off = any(os.environ.get(name) in values for name, values in _GPU_OFF.items())
    gpu = find_gpu().name if device.is_cpu and not turned_off else None
    if gpu is None:
        return f"Computing on {device.name}."
    return (
        f"Computing on {device.name}: the libraries of {backend} for {gpu} do not load. "
        f"`make venv BACKEND={backend}` installs them; if it did, update the driver."
    )


def _check_backend(backend: str) -> None:
    """Refuse a backend that is unknown or not installed; an empty word leaves the choice to Keras."""
    if backend and backend not in BACKENDS:
        raise UserError(
            f"KERAS_BACKEND: must be tensorflow, jax or torch; got {backend!r}. Change or unset it."
        )
    if backend and find_spec(backend) is None:
        raise UserError(
            f"KERAS_BACKEND: {backend} must be installed, and is not. Install it: make venv BACKEND={backend}"
        )


def _use_cpu_where_gpu_fails(backend: str) -> None:
    """Try the GPU before Keras does. TensorFlow does without one by itself; JAX and PyTorch raise."""
    if backend == "jax":
        import jax

        try:
            jax.devices()
        except RuntimeError:
            if os.environ.get("JAX_PLATFORMS"):  # asked for by name
                raise
            from jax.extend.backend import clear_backends

            clear_backends()
            jax.config.update("jax_platforms", "cpu")
        return
    import torch

    try:
        if torch.cuda.is_available():
            torch.zeros(1, device="cuda")
    except RuntimeError:
        os.environ.setdefault("KERAS_TORCH_DEVICE", "cpu")


@contextmanager
def _native_errors_dropped() -> Iterator[None]:
    """Point file descriptor 2 nowhere for a while: the messages come from C++ and know no setting."""
    sys.stderr.flush()
    usual, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(usual, 2)
        os.close(usual)
        os.close(nowhere)
