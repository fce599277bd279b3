"""Images per second of the generator: ours, ours without optimisation, and a plain PyTorch network.

Run: python benchmarks/bench_generator.py [--resolution 1024] [--batch 4] [--rounds 3] [--torch .venv/torch/bin/python]

All draw the same latents with the same random weights of full width, in turns, so that other work on the
machine slows them alike; the ratios are what to read. PyTorch runs in a process and an environment of its own,
which `make .venv/torch/installed` makes; it is left out without. A matrix product takes its turn as well: what it
reaches is the peak, and shares of it count 4 products per weight pair where the picture doubles.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from bench_gpu import operations
from keras import ops

from models.inference.compile import compile_batch, to_bytes
from models.networks import progressive_gan
from models.networks.equalized_layers import EqualizedConv, upscale
from models.networks.progressive_gan import GanConfig, ProgressiveGenerator, feature_maps
from models.weights.weight_file import assign_weights, network_arrays

OURS, PLAIN, RIVAL = "ours", "ours, without optimisation", "plain PyTorch"
TORCH = Path(".venv/torch/bin/python")
SIDE = 4096  # of the matrices that measure the peak

Seconds = tuple[float, float]  # by the clock, of the processor


class PlainConv(EqualizedConv):
    """The convolution as the paper writes it: double the picture, then convolve it."""

    def call(self, features):
        if self.resample == "up":
            features = upscale(features)
        kernel = self.kernel * self.scale
        return ops.conv(features, kernel, padding="same", data_format="channels_last") + self.bias


@dataclass(frozen=True)
class Rival:
    """One way to draw.

    Attributes
    ----------
    turn : callable, draws once and gives the seconds
    images : uint8 array, what it drew
    """

    turn: Callable[[], Seconds]
    images: np.ndarray


def random_arrays(config: GanConfig) -> dict[str, np.ndarray]:
    """Weights as training starts with them, but biases that no compiler can leave out."""
    keras.utils.set_random_seed(0)
    arrays = network_arrays(ProgressiveGenerator(config, name="generator"))
    random = np.random.default_rng(0)
    return {
        name: random.normal(0, 0.1, values.shape).astype("float32") if name.endswith("bias") else values
        for name, values in arrays.items()
    }


def keras_network(config: GanConfig, convolution: type, arrays: dict[str, np.ndarray]):
    """The generator built of one kind of convolution."""
    usual = progressive_gan.EqualizedConv
    progressive_gan.EqualizedConv = convolution
    try:
        network = ProgressiveGenerator(config, name="generator")
    finally:
        progressive_gan.EqualizedConv = usual
    assign_weights(network, arrays, "benchmark")
    return network


def timed(work: Callable[[], object]) -> Seconds:
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def keras_rival(network: ProgressiveGenerator, latents: np.ndarray, compiled: bool) -> Rival:
    """Compiled as the pipeline compiles it, or operation by operation."""

    def draw(rows):
        return ops.cast(to_bytes(network(rows)), "uint8")

    run = compile_batch(draw) if compiled else lambda rows: [ops.convert_to_numpy(draw(rows))]
    return Rival(lambda: timed(lambda: run(latents)), run(latents)[0])


@contextmanager
def torch_rival(
    python: Path, network: ProgressiveGenerator, arrays: dict[str, np.ndarray], latents: np.ndarray
) -> Iterator[tuple[str, Rival] | None]:
    """Its name with the version, and the rival; None where there is no such Python."""
    if not python.exists():
        print(f"plain PyTorch: left out, {python} does not exist")
        yield None
        return
    layers = {layer.name: layer for layer in network.layers}
    scaled = {
        name: values * layers[name.split("/")[0]].scale if name.endswith("kernel") else values
        for name, values in arrays.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        weights, rows, images = (f"{folder}/{name}" for name in ("weights.npz", "latents.npy", "images.npy"))
        np.savez(weights, **scaled)
        np.save(rows, latents)
        command = [python, Path(__file__).with_name("torch_generator.py"), weights, rows, images]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
            answers: Any = process.stdout
            version = answers.readline().strip()
            if not version:
                raise SystemExit(f"{python}: PyTorch could not draw; its own words are above.")

            def turn() -> Seconds:
                print(file=process.stdin, flush=True)
                wall, processor = map(float, answers.readline().split())
                return wall, processor

            yield f"{RIVAL} {version}", Rival(turn, np.load(images))


def measure(
    resolution: int, batch: int, rounds: int, python: Path
) -> tuple[dict[str, Rival], dict[str, np.ndarray]]:
    """The rivals, and their seconds (rounds, 2); "peak" has those of the matrix product."""
    config = GanConfig(resolution, 512, feature_maps(resolution))
    arrays = random_arrays(config)
    network = keras_network(config, EqualizedConv, arrays)
    latents = np.random.default_rng(0).standard_normal((batch, 512)).astype("float32")
    rivals = {
        OURS: keras_rival(network, latents, compiled=True),
        PLAIN: keras_rival(keras_network(config, PlainConv, arrays), latents, compiled=False),
    }
    matrix = np.random.default_rng(0).standard_normal((SIDE, SIDE)).astype("float32")
    with torch_rival(python, network, arrays, latents) as rival:
        rivals.update([rival] if rival else [])
        turns = {name: rival.turn for name, rival in rivals.items()} | {
            "peak": lambda: timed(lambda: matrix @ matrix)
        }
        seconds: dict[str, list[Seconds]] = {name: [] for name in turns}
        for number in range(rounds + 1):
            for name, turn in turns.items():
                taken = turn()
                if number:  # the first warms up
                    seconds[name].append(taken)
    return rivals, {name: np.array(values) for name, values in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--resolution", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--torch", type=Path, default=TORCH, help="Python of the environment with PyTorch")
    options = parser.parse_args()
    rivals, seconds = measure(options.resolution, options.batch, options.rounds, options.torch)
    peak = 2 * SIDE**3 / seconds.pop("peak")[:, 0].min()
    cost = operations(GanConfig(options.resolution, 512, feature_maps(options.resolution)))
    side = options.resolution
    print(f"{side}×{side}, batch {options.batch}, {keras.backend.backend()}, {len(os.sched_getaffinity(0))} cores; "
          f"{cost / 1e9:.1f} GFLOP an image, matrix product {peak / 1e9:.0f} GFLOP/s: "
          f"{peak / cost:.2f} images/s at that peak")  # fmt: skip
    print(f"{'':36s}{'images/s':>10s}{'of peak':>9s}{'time':>8s}{'CPU time':>10s}{'off by > 1':>12s}")
    for name, taken in seconds.items():
        rate = options.batch / taken[:, 0].min()
        # The ratio of each round, for the rounds see different loads.
        wall, processor = np.median(taken / seconds[OURS], axis=0)
        off = (np.abs(rivals[name].images.astype(int) - rivals[OURS].images) > 1).mean()
        print(
            f"{name:36s}{rate:10.2f}{rate * cost / peak:9.0%}{wall:7.2f}×{processor:9.2f}×{off:12.1e}",
            flush=True,
        )


if __name__ == "__main__":
    main()
