"""Seconds of a fit on Ray, and the bytes that travel, beside the same fit in one process. Needs the extra `ray`.

    python -m benchmarks.ray_fit_traffic [--samples 200000] [--workers 1 2] [--families gaussian huber binomial]
                                                                                                # a quarter of an hour

Prints one line for each family and number of workers. Workers draw 512-dimensional latents themselves and store
them; 40 attributes are fitted. The first column of seconds is the fit as it is run once, with the drawing; the second
is the same fit again, with what the workers have by then. One process reads latents that are drawn already, with as
many threads as workers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING
from unittest import mock

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import print_columns
from benchmarks.timing import Timed, time_call

if TYPE_CHECKING:
    from pipelines.execution.ray_regression import RayWorkerPool
    from tlgan.regression.streaming.lazy_tables import DrawnLatents
    from tlgan.regression.streaming.row_stream import Table

ATTRIBUTES, LATENT_DIM = 40, 512
NAMES, KINDS = [f"attribute {index}" for index in range(ATTRIBUTES)], ["binary"] * ATTRIBUTES
HEAD = ("", "first, s", "again, s", "of one process", "passes", "out, MB", "back, MB", "by pass, MB back")
WIDTHS = (26, 9, 9, 15, 7, 9, 9, 18)


class CountingPool:
    """A worker pool that counts the bytes of what goes out, once for each worker, and of what comes back."""

    def __init__(self, pool: RayWorkerPool) -> None:
        self.pool, self.shard_chunks = pool, pool.shard_chunks
        self.passes: list[list[int]] = []

    def map(self, function: Callable, shards: range) -> Iterator:
        """Pass on the results of the pool; each call is one pass."""
        self.passes.append([pickled_bytes(function) * min(len(shards), len(self.pool.workers)), 0])
        for result in self.pool.map(function, shards):
            self.passes[-1][1] += pickled_bytes(result)
            yield result


def pickled_bytes(value: object) -> int:
    """Bytes of a value as Ray sends it."""
    from ray import cloudpickle

    buffers: list = []
    packed = cloudpickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    return len(packed) + sum(buffer.raw().nbytes for buffer in buffers)


def fit(latents: Table, responses: Table, family: str, **options: object) -> Timed:
    """Fit all attributes; the result is a `Fits`."""
    from tlgan.regression.fit import fit_glms

    return time_call(fit_glms, latents, responses, NAMES, KINDS, family=family, **options)


def draw_samples(drawn: DrawnLatents, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Latents (samples, 512) as the workers draw them, and logits (samples, 40); says what drawing took."""
    began = time.perf_counter()
    latents = np.concatenate([drawn[start : start + 4096] for start in range(0, samples, 4096)])
    seconds = time.perf_counter() - began
    size = f"{latents.nbytes / 1e6:.0f} MB"
    print(f"{samples} latents of {LATENT_DIM}: {size}, drawn by one core in {seconds:.1f} s", flush=True)
    random = np.random.default_rng(0)
    truth = random.standard_normal((LATENT_DIM, ATTRIBUTES), dtype=np.float32) / 12
    logits = latents @ truth + random.standard_normal((samples, ATTRIBUTES), dtype=np.float32)
    return latents, logits


def compare_fits(
    drawn: DrawnLatents, latents: np.ndarray, responses: Table, family: str, workers: int
) -> None:
    """Fit in one process and on Ray, check that both find the same, and print a line for each."""
    from pipelines.execution.ray_regression import shard_tables
    from pipelines.recipe.sections import Ray

    with mock.patch("tlgan.regression.streaming.row_stream.worker_count", return_value=workers):
        expected, alone, _ = fit(latents, responses, family)
    print_columns((f"{family}, {workers} threads", "", f"{alone:.1f}", "1.00"), WIDTHS)
    with shard_tables(Ray(workers=workers), drawn, responses) as tables:
        table, shards, pool = tables.latents, tables.responses, tables.pool
        first = fit(table, shards, family, worker_pool=pool).wall
        counting = CountingPool(pool)
        fits, again, _ = fit(table, shards, family, worker_pool=counting)
    assert (fits.coefficients == expected.coefficients).all()
    assert (fits.standard_errors == expected.standard_errors).all()
    out, back = np.array(counting.passes).T / 1e6
    traffic = [
        f"{len(out)}",
        f"{out.sum():.1f}",
        f"{back.sum():.1f}",
        "  " + " ".join(f"{x:.1f}" for x in back),
    ]
    times = [f"{first:.1f}", f"{again:.1f}", f"{again / alone:.2f}"]
    print_columns((f"{family}, {workers} workers", *times, *traffic), WIDTHS)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = command_parser("ray_fit_traffic", __doc__)
    parser.add_argument("--samples", type=int, default=200_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--families", nargs="+", default=["gaussian", "huber", "binomial"])
    options = parser.parse_args(arguments)
    from pipelines.execution.ray_cluster import import_ray
    from tlgan.regression.fit import probabilities
    from tlgan.regression.streaming.lazy_tables import DrawnLatents

    import_ray().init("local", num_cpus=max(options.workers), include_dashboard=False, log_to_driver=False)
    drawn = DrawnLatents(LATENT_DIM, options.samples, "sphere", 0)
    latents, logits = draw_samples(drawn, options.samples)
    print(f"responses: {logits.nbytes / 1e6:.0f} MB, sent once\n")
    print_columns(HEAD, WIDTHS)
    for family in options.families:
        responses = probabilities(logits, KINDS) if family == "binomial" else logits
        for workers in options.workers:
            compare_fits(drawn, latents, responses, family, workers)


if __name__ == "__main__":
    main()
