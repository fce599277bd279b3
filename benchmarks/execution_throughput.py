"""Images per second drawn and labelled: one transform after the other, overlapping, and on Ray.

    python -m benchmarks.execution_throughput [--rows 4096] [--rounds 3]        # five minutes

Prints images per second and the ratio to the first for each way to run the transforms, then the seconds of the
stages `sample` and `label` with their files: images stored and read again, or labelled in one pass. The committed
64×64 generator and labeller work on blocks of 512 rows. In one process the alternatives take turns, so that other
work on the machine slows them alike; each Ray has workers of its own, which are warm when the clock starts.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import print_columns
from benchmarks.timing import call_seconds

if TYPE_CHECKING:
    from pipelines.execution.block_jobs import BlockJob
    from pipelines.recipe.load import Recipe

BLOCK = 512  # rows
WIDTHS = (28, 10, 18)

RunBlocks = Callable[[Iterable[Any]], Iterable[Any]]


def run_one_after_the_other(job: BlockJob, rows: Iterable[Any]) -> Iterable[Any]:
    """Run the job's transforms in this process, without threads."""
    transforms = job.transforms()
    for block in rows:
        for transform in transforms:
            block = transform(block)
        yield block


def seconds(run_blocks: RunBlocks, count: int) -> float:
    """Wall time of all blocks of `count` rows."""
    from pipelines.execution.block_jobs import blocks

    def work() -> None:
        for _ in run_blocks(blocks(0, count, BLOCK)):
            pass

    return call_seconds(work).wall


def seconds_on_ray(job: BlockJob, workers: int, count: int, rounds: int) -> list[float]:
    """Seconds of every round on a Ray of so many workers, which are started for it and stopped."""
    import ray

    from pipelines.execution.ray_tasks import run_blocks_on_cluster
    from pipelines.recipe.sections import Ray

    run_blocks = partial(run_blocks_on_cluster, Ray(workers=workers), job)
    seconds(run_blocks, 4 * workers * BLOCK)
    times = [seconds(run_blocks, count) for _ in range(rounds)]
    ray.shutdown()
    return times


def stage_seconds(keep_images: bool, count: int) -> float:
    """Wall time of `sample` and `label` from nothing, files and opening of networks included."""
    from pipelines.planning.plan import make_plan
    from pipelines.planning.run import run
    from pipelines.recipe.load import load_recipe

    with tempfile.TemporaryDirectory() as folder:
        os.environ["TLGAN_HOME"] = folder
        settings = (f"sample.count={count}", f"sample.keep_images={str(keep_images).lower()}")
        recipe = load_recipe("celeba64", settings)
        return call_seconds(lambda: run(recipe, make_plan(recipe).until("label"))).wall


def measure(recipe: Recipe, count: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of every round, by the way to run the transforms; the first is the one to compare with."""
    from pipelines.execution.block_jobs import drawing_and_labelling
    from pipelines.execution.local import run_blocks_here
    from pipelines.sources.generators import generator_source
    from pipelines.sources.labellers import labeller_source

    job = drawing_and_labelling(generator_source(recipe), 0, [labeller_source(recipe, "celeba64")])
    here: dict[str, RunBlocks] = {
        "one transform after the other": partial(run_one_after_the_other, job),
        "transforms overlapping": partial(run_blocks_here, job),
    }
    times: dict[str, list[float]] = {name: [] for name in here}
    for run_blocks in here.values():
        seconds(run_blocks, BLOCK)
    for _ in range(rounds):
        for name, run_blocks in here.items():
            times[name].append(seconds(run_blocks, count))
    try:
        for workers in (1, 2):
            name = f"Ray, {workers} worker{'s' * (workers > 1)}"
            times[name] = seconds_on_ray(job, workers, count, rounds)
    except ImportError:
        print("Ray is not installed: left out")
    return times


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = command_parser("execution_throughput", __doc__)
    parser.add_argument("--rows", type=int, default=4096, help="images in a round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    from pipelines.execution.keras_import import import_quietly
    from pipelines.recipe.load import load_recipe

    import_quietly()
    times = measure(load_recipe("celeba64"), options.rows, options.rounds)
    base = np.array(next(iter(times.values())))
    print_columns(("drawn and labelled", "images/s", "beside the first"), WIDTHS)
    for name, values in times.items():
        ratio = np.median(base / np.array(values))
        print_columns((name, f"{options.rows / min(values):.0f}", f"{ratio:.2f}×"), WIDTHS)
    for name, keep_images in (("images stored", True), ("images not stored", False)):
        print(f"stages, {name}: {stage_seconds(keep_images, options.rows):.1f} s")


if __name__ == "__main__":
    main()
