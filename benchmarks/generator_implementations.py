"""Three implementations of the progressive generator with the same weights: ours, ours without optimisation, PyTorch.

PyTorch runs in a process and a virtual environment of its own: `torch_generator.py`.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import keras
import numpy as np
from keras import ops

from benchmarks.timing import Seconds, call_seconds
from models.inference.compile import compile_batch, to_bytes
from models.networks.equalized_layers import EqualizedConv, upscale
from models.networks.progressive_gan import GanConfig, ProgressiveGenerator
from models.weights.weight_file import assign_weights, network_arrays


class PlainConv(EqualizedConv):
    """The convolution as the paper writes it: double the picture, then convolve it."""

    def call(self, features):
        if self.resample == "up":
            features = upscale(features)
        kernel = self.kernel * self.scale
        return ops.conv(features, kernel, padding="same", data_format="channels_last") + self.bias


@dataclass(frozen=True)
class Implementation:
    """One way to draw the same images.

    Attributes
    ----------
    draw : callable
        Draws once and returns the seconds.
    images : uint8 array, shape (n, R, R, 3)
        What it drew.
    """

    draw: Callable[[], Seconds]
    images: np.ndarray


def random_arrays(config: GanConfig) -> dict[str, np.ndarray]:
    """Weights as training starts with them, but with biases that no compiler can leave out."""
    keras.utils.set_random_seed(0)
    arrays = network_arrays(ProgressiveGenerator(config, name="generator"))
    random = np.random.default_rng(0)
    return {
        name: random.normal(0, 0.1, values.shape).astype("float32") if name.endswith("bias") else values
        for name, values in arrays.items()
    }


def build_network(
    config: GanConfig, convolution: type, arrays: dict[str, np.ndarray]
) -> ProgressiveGenerator:
    """The generator with these weights, built of one class of convolutions."""
    with mock.patch("models.networks.progressive_gan.EqualizedConv", convolution):
        network = ProgressiveGenerator(config, name="generator")
    assign_weights(network, arrays, "benchmark")
    return network


def keras_implementation(
    network: ProgressiveGenerator, latents: np.ndarray, *, compiled: bool
) -> Implementation:
    """A Keras network, compiled as the pipeline compiles it, or run operation by operation."""

    def draw(rows):
        return ops.cast(to_bytes(network(rows)), "uint8")

    run = compile_batch(draw) if compiled else lambda rows: [ops.convert_to_numpy(draw(rows))]
    return Implementation(lambda: call_seconds(lambda: run(latents)), run(latents)[0])


def scaled_arrays(network: ProgressiveGenerator, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The weights with each kernel times its layer's scale, for a network that has no scales."""
    layers = {layer.name: layer for layer in network.layers}
    return {
        name: values * layers[name.split("/")[0]].scale if name.endswith("kernel") else values
        for name, values in arrays.items()
    }


@contextmanager
def torch_implementation(
    python: Path, arrays: dict[str, np.ndarray], latents: np.ndarray
) -> Iterator[tuple[str, Implementation] | None]:
    """PyTorch's version and the implementation; None where `python` does not exist.

    Parameters
    ----------
    python : path
        Python of an environment with PyTorch.
    arrays : dict of str to float array
        Scaled weights.
    """
    if not python.exists():
        print(f"plain PyTorch: left out, {python} does not exist")
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        weights, rows, images = (f"{folder}/{name}" for name in ("weights.npz", "latents.npy", "images.npy"))
        np.savez(weights, **arrays)
        np.save(rows, latents)
        command = [python, Path(__file__).with_name("torch_generator.py"), weights, rows, images]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
            output: Any = process.stdout
            version = output.readline().strip()
            if not version:
                raise SystemExit(f"{python}: PyTorch could not draw; its own message is above.")

            def draw() -> Seconds:
                print(file=process.stdin, flush=True)
                wall, processor = map(float, output.readline().split())
                return Seconds(wall, processor)

            yield version, Implementation(draw, np.load(images))
