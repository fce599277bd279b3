"""A decoder for each of k lights, or one network that is told the light: parameters, memory, time of a training step.

    python -m benchmarks.decoder_cost [--counts 2 4 8] [--steps 20]

Trains each network of the recipes `deepfakes` and `fader` on drawn faces for a few steps, in a process of its own;
the first steps, which compile, do not count. Memory is the most that the process held beyond what it held before the
network was built. Minutes on two cores; docs/construction-or-discovery.md quotes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.options import command_parser
from benchmarks.processes import in_own_process, process_memory
from benchmarks.tables import markdown_table
from benchmarks.timing import call_seconds

if TYPE_CHECKING:
    from models.training.trainer import TrainingImages

FACES, COMPILING = 1500, 2  # drawn faces; steps that do not count
KINDS = ("DeepFakes", "Fader")


class Cost(NamedTuple):
    """What a network costs.

    Attributes
    ----------
    parameters : float, millions
    file : float, MB in half precision
    memory : float, MiB
    wall, processor : float, milliseconds of a step by the clock, and of the processor, all threads together
    batch : int, images in a step
    """

    parameters: float
    file: float
    memory: float
    wall: float
    processor: float
    batch: int


def drawn_images(count: int) -> TrainingImages:
    """Drawn faces with the labels that networks are trained on."""
    from data.synthetic.drawing import draw_portraits
    from data.synthetic.face_parameters import FACTORS
    from models.training.trainer import TRAIN, TrainingImages

    factors = np.random.default_rng(0).standard_normal((count, len(FACTORS))).astype(np.float32)
    images = [draw_portraits(factors[start : start + 500], 64) for start in range(0, count, 500)]
    return TrainingImages(
        source="drawn faces",
        images=np.concatenate(images),
        labels=factors,
        split=np.full(count, TRAIN, np.uint8),
        names=FACTORS,
        kinds=("continuous",) * len(FACTORS),
        units=("",) * len(FACTORS),
        mirror=False,
    )


def measure(kind: str, lights: int, steps: int) -> Cost:
    """Train a network for so many lights for a few steps."""
    from pipelines.execution.keras_import import import_quietly

    import_quietly()
    images, before = drawn_images(FACES), process_memory("VmHWM")
    trainer = make_trainer(kind, lights, images)
    for _ in range(COMPILING):
        trainer.train_step()

    def train() -> None:
        for _ in range(steps):
            trainer.train_step()

    taken = call_seconds(train)
    parameters = trainer.network.whole.count_params() / 1e6
    return Cost(
        parameters=parameters,
        file=2 * parameters,
        memory=process_memory("VmHWM") - before,
        wall=1000 * taken.wall / steps,
        processor=1000 * taken.processor / steps,
        batch=trainer.options.batch,
    )


def make_trainer(kind: str, lights: int, images: TrainingImages):
    """The trainer of one of `KINDS` that knows so many lights."""
    from models.kinds.fader import FaderOptions
    from models.kinds.shared_autoencoder import SharedAutoencoderOptions
    from models.training.translators.fader import FaderTrainer
    from models.training.translators.shared_autoencoder import SharedAutoencoderTrainer

    if kind == "Fader":
        return FaderTrainer(FaderOptions(attributes=("Light",), levels=lights), "light", images)
    options = SharedAutoencoderOptions(domain="Light", ranges=lights)
    return SharedAutoencoderTrainer(options, "light", images)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = command_parser("decoder_cost", __doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[2, 4, 8])
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args(arguments)
    rows = []
    for kind in KINDS:
        for lights in options.counts:
            cost = in_own_process(measure, kind, lights, options.steps)
            figures = f"{cost.parameters:.2f}", f"{cost.file:.1f}", f"{cost.memory:.0f}"
            step = f"{cost.wall:.0f}", f"{cost.processor:.0f}", f"{cost.processor / cost.batch:.1f}"
            rows.append([f"{kind}, {lights} lights", *figures, *step])
    head = ["network", "parameters, millions", "file, MB", "memory, MiB"]
    head += ["ms a step", "of the processor", "of it an image"]
    print(markdown_table(head, rows))


if __name__ == "__main__":
    main()
