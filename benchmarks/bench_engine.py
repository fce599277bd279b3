"""Drawing and labelling: acts one after the other, overlapping, and on Ray with one and two workers.

Run: python benchmarks/bench_engine.py [--rows 4096] [--rounds 3]

The committed 64×64 generator and labeller work on blocks of 512 rows. In one process the rivals take turns, so that
other work on the machine slows them alike; each Ray has workers of its own, which are warm when the clock starts.
The last lines are whole stages with their files: images kept and read again, or labelled in one pass.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from pipelines.execution.block_jobs import BlockJob, blocks, drawing_and_labelling
from pipelines.execution.keras_import import import_quietly
from pipelines.execution.local import run_blocks_here
from pipelines.planning.plan import make_plan
from pipelines.planning.run import run
from pipelines.recipe.load import Recipe, load_recipe
from pipelines.recipe.sections import Ray
from pipelines.sources.generators import generator_source
from pipelines.sources.labellers import labeller_source

ROWS = 512  # of a block


def one_after_the_other(job: BlockJob, rows: Iterable[Any]) -> Iterable[Any]:
    """The job in this process without threads."""
    transforms = job.transforms()
    for block in rows:
        for transform in transforms:
            block = transform(block)
        yield block


def seconds(work: Callable[[Iterable[Any]], Iterable[Any]], count: int) -> float:
    """Wall time of all blocks of `count` rows."""
    began = time.perf_counter()
    for _ in work(blocks(0, count, ROWS)):
        pass
    return time.perf_counter() - began


def on_ray(job: BlockJob, workers: int, count: int, rounds: int) -> list[float]:
    """Times of the job on a Ray of so many workers, which are started for it and stopped."""
    import ray

    from pipelines.execution.ray_tasks import run_blocks_on_cluster

    work = partial(run_blocks_on_cluster, Ray(workers=workers), job)
    seconds(work, 4 * workers * ROWS)
    times = [seconds(work, count) for _ in range(rounds)]
    ray.shutdown()
    return times


def stage_seconds(kept: bool, count: int) -> float:
    """Wall time of `sample` and `label` from nothing, files and opening of networks included."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TLGAN_HOME"] = folder
        recipe = load_recipe("celeba64", (f"sample.count={count}", f"sample.keep_images={str(kept).lower()}"))
        began = time.perf_counter()
        run(recipe, make_plan(recipe).until("label"))
        return time.perf_counter() - began


def measure(recipe: Recipe, count: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of every round, by rival."""
    job = drawing_and_labelling(generator_source(recipe), 0, [labeller_source(recipe, "celeba64")])
    here = {"one transform after the other": one_after_the_other, "transforms overlapping": run_blocks_here}
    times: dict[str, list[float]] = {name: [] for name in here}
    for work in here.values():
        seconds(partial(work, job), ROWS)
    for _ in range(rounds):
        for name, work in here.items():
            times[name].append(seconds(partial(work, job), count))
    try:
        for workers in (1, 2):
            name = f"Ray, {workers} worker{'s' * (workers > 1)}"
            times[name] = on_ray(job, workers, count, rounds)
    except ImportError:
        print("Ray is not installed: left out")
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    import_quietly()
    recipe = load_recipe("celeba64")
    times = measure(recipe, options.rows, options.rounds)
    base = np.array(times["one transform after the other"])
    print(f"{'drawn and labelled':28s}{'images/s':>10s}{'beside the first':>18s}")
    for name, values in times.items():
        print(f"{name:28s}{options.rows / min(values):10.0f}{np.median(base / np.array(values)):17.2f}×")
    for name, kept in (("images kept", True), ("images not kept", False)):
        print(f"stages, {name}: {stage_seconds(kept, options.rows):.1f} s")


if __name__ == "__main__":
    main()
