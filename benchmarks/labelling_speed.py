"""Images per second that the committed labeller reads, and that the committed generator draws.

    python -m benchmarks.labelling_speed [--rows 1024] [--rounds 3]        # half a minute

Prints one line for each: images per second, and the time beside that of labelling. The two take turns, in the
batches that the pipeline takes; images have 64×64 pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.options import command_parser
from benchmarks.timing import call_seconds, take_turns

NAME = "celeba64"


def measure(rows: int, rounds: int) -> dict[str, np.ndarray]:
    """Wall seconds of "labelled" and "drawn", shape (rounds,)."""
    from pipelines.execution.keras_import import import_quietly

    import_quietly()
    from models import load_generator, load_labeller
    from tlgan.latents.sampling import draw_latents

    generator, labeller = load_generator(NAME), load_labeller(NAME)
    latents = draw_latents(0, rows, generator.latent_dim)
    images = generator.draw(latents)
    turns = {
        "labelled": lambda: call_seconds(lambda: labeller.read(images)),
        "drawn": lambda: call_seconds(lambda: generator.draw(latents)),
    }
    return {name: taken[:, 0] for name, taken in take_turns(turns, rounds).items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print images per second."""
    parser = command_parser("labelling_speed", __doc__)
    parser.add_argument("--rows", type=int, default=1024, help="images in a round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    seconds = measure(options.rows, options.rounds)
    for name, taken in seconds.items():
        ratio = np.median(taken / seconds["labelled"])
        print(f"{name:10s}{options.rows / taken.min():10.0f} images/s, time {ratio:.2f}×")


if __name__ == "__main__":
    main()
