"""Images per second of the progressive generator: ours, ours without optimisation, and a plain PyTorch network.

    python -m benchmarks.generator_speed [--resolution 1024] [--batch 4] [--rounds 3]        # two minutes

Prints for each implementation: images per second, the share of the peak, wall and processor time beside ours, and
the share of pixel values that differ from ours by more than one grey level. All draw the same latents with the same
random weights of full width, in turns, so that other work on the machine slows them alike; trust the ratios. PyTorch
runs in an environment of its own, which `make .venv/torch/installed` makes; without that it is left out. A matrix
product takes its turn as well: what it reaches is the peak, and shares of it count 4 products per pair of weights
where the picture doubles.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import print_columns
from benchmarks.timing import call_seconds, take_turns

if TYPE_CHECKING:
    from models.networks.progressive_gan import GanConfig

OURS, PLAIN, TORCH = "ours", "ours, without optimisation", "plain PyTorch"
TORCH_PYTHON = Path(".venv/torch/bin/python")
PEAK, SIDE = "peak", 4096  # side of the matrices whose product is the peak
HEAD = ("", "images/s", "of peak", "time", "CPU time", "off by > 1")
WIDTHS = (36, 10, 9, 8, 10, 12)


@dataclass(frozen=True)
class GeneratorSpeed:
    """What was measured of every implementation; OURS is the one to compare with.

    Attributes
    ----------
    operations : float
        Of one image.
    peak : float
        Operations per second of the matrix product.
    batch : int
        Images that are drawn at once.
    seconds : dict of str to float array, shape (rounds, 2)
        Wall and processor seconds of a batch.
    images : dict of str to uint8 array, shape (batch, R, R, 3)
    """

    operations: float
    peak: float
    batch: int
    seconds: dict[str, np.ndarray]
    images: dict[str, np.ndarray]

    def rate(self, name: str) -> float:
        """Images per second in the best round."""
        return self.batch / self.seconds[name][:, 0].min()

    def share_of_peak(self, name: str) -> float:
        """Share of the matrix product's speed."""
        return self.rate(name) * self.operations / self.peak

    def time_ratios(self, name: str) -> np.ndarray:
        """Wall and processor time beside ours: the median of each round's ratio, for rounds see different loads."""
        return np.median(self.seconds[name] / self.seconds[OURS], axis=0)

    def differences(self, name: str) -> np.ndarray:
        """Grey levels between its pixel values and ours."""
        return np.abs(self.images[name].astype(int) - self.images[OURS])


def full_width(resolution: int) -> GanConfig:
    """The published generator of this resolution: 512 numbers per latent, up to 512 features."""
    from models.networks.progressive_gan import GanConfig, feature_maps

    return GanConfig(resolution, 512, feature_maps(resolution))


def measure(resolution: int, batch: int, rounds: int, python: Path = TORCH_PYTHON) -> GeneratorSpeed:
    """Draw a batch with every implementation in turns; `python` is that of the environment with PyTorch."""
    from pipelines.execution.keras_import import import_quietly

    import_quietly()
    from benchmarks import generator_implementations as known
    from benchmarks.generator_cost import operations_per_image
    from models.networks.equalized_layers import EqualizedConv

    config = full_width(resolution)
    arrays = known.random_arrays(config)
    network = known.build_network(config, EqualizedConv, arrays)
    plain = known.build_network(config, known.PlainConv, arrays)
    latents = np.random.default_rng(0).standard_normal((batch, 512)).astype("float32")
    implementations = {
        OURS: known.keras_implementation(network, latents, compiled=True),
        PLAIN: known.keras_implementation(plain, latents, compiled=False),
    }
    matrix = np.random.default_rng(0).standard_normal((SIDE, SIDE)).astype("float32")
    with known.torch_implementation(python, known.scaled_arrays(network, arrays), latents) as found:
        if found is not None:
            implementations[f"{TORCH} {found[0]}"] = found[1]
        turns = {name: one.draw for name, one in implementations.items()}
        turns[PEAK] = lambda: call_seconds(lambda: matrix @ matrix)
        seconds = take_turns(turns, rounds)
    peak = 2 * SIDE**3 / seconds.pop(PEAK)[:, 0].min()
    images = {name: one.images for name, one in implementations.items()}
    return GeneratorSpeed(operations_per_image(config), peak, batch, seconds, images)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = command_parser("generator_speed", __doc__)
    parser.add_argument("--resolution", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--torch", type=Path, default=TORCH_PYTHON, help="Python of the environment with PyTorch"
    )
    options = parser.parse_args(arguments)
    speed = measure(options.resolution, options.batch, options.rounds, options.torch)
    import keras

    print(
        f"{options.resolution}×{options.resolution}, batch {options.batch}, {keras.backend.backend()}, "
        f"{len(os.sched_getaffinity(0))} cores; {speed.operations / 1e9:.1f} GFLOP an image, matrix product "
        f"{speed.peak / 1e9:.0f} GFLOP/s: {speed.peak / speed.operations:.2f} images/s at that peak"
    )
    print_columns(HEAD, WIDTHS)
    for name in speed.seconds:
        wall, processor = speed.time_ratios(name)
        off = (speed.differences(name) > 1).mean()
        rates = [f"{speed.rate(name):.2f}", f"{speed.share_of_peak(name):.0%}"]
        print_columns((name, *rates, f"{wall:.2f}×", f"{processor:.2f}×", f"{off:.1e}"), WIDTHS)


if __name__ == "__main__":
    main()
