"""Images that the committed labeller reads per second, beside the committed generator that draws them.

Run: python benchmarks/bench_labelling.py [--rows 1024] [--rounds 3]

Both in turns, in the batches that the pipeline takes, 64×64 pixels.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from models import load_generator, load_labeller
from tlgan.latents.sampling import draw_latents

NAME = "celeba64"


def measure(rows: int, rounds: int) -> dict[str, np.ndarray]:
    """Seconds of every round."""
    generator, labeller = load_generator(NAME), load_labeller(NAME)
    latents = draw_latents(0, rows, generator.latent_dim)
    images = generator.draw(latents)
    turns = {"labelled": lambda: labeller.read(images), "drawn": lambda: generator.draw(latents)}
    seconds: dict[str, list[float]] = {name: [] for name in turns}
    for number in range(rounds + 1):
        for name, turn in turns.items():
            began = time.perf_counter()
            turn()
            if number:  # the first compiles
                seconds[name].append(time.perf_counter() - began)
    return {name: np.array(values) for name, values in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    seconds = measure(options.rows, options.rounds)
    for name, taken in seconds.items():
        ratio = np.median(taken / seconds["labelled"])
        print(f"{name:10s}{options.rows / taken.min():10.0f} images/s, time {ratio:.2f}×")


if __name__ == "__main__":
    main()
