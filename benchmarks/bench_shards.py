"""The fit from shards: what travels, and seconds beside one process. Wants the extra `ray`.

Run: python benchmarks/bench_shards.py [--samples 200000] [--workers 1 2] [--families gaussian huber binomial]

Workers draw 512-dimensional latents themselves and keep them; 40 attributes are fitted. The first column
of seconds is the fit as it is run once, with the drawing; the second is the same fit again, with what the
workers have by then. One process reads latents that are drawn already, with as many threads as workers.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from unittest import mock

import numpy as np

from pipelines.execution.ray_cluster import import_ray
from pipelines.execution.ray_regression import RayWorkerPool, shard_tables
from pipelines.recipe.sections import Ray
from tlgan.regression.fit import Fits, fit_glms, probabilities
from tlgan.regression.streaming.lazy_tables import DrawnLatents
from tlgan.regression.streaming.row_stream import Table

ATTRIBUTES, LATENT_DIM = 40, 512
NAMES, KINDS = [f"attribute {index}" for index in range(ATTRIBUTES)], ["binary"] * ATTRIBUTES


class Counted:
    """A pool that counts the bytes of what goes out, once for each worker, and of what comes back."""

    def __init__(self, pool: RayWorkerPool) -> None:
        self.pool, self.shard_chunks = pool, pool.shard_chunks
        self.passes: list[list[int]] = []

    def map(self, function: Callable, shards: range) -> Iterator:
        self.passes.append([weight(function) * min(len(shards), len(self.pool.workers)), 0])
        for result in self.pool.map(function, shards):
            self.passes[-1][1] += weight(result)
            yield result


def weight(thing: object) -> int:
    """Bytes of a thing on its way."""
    from ray import cloudpickle

    buffers: list = []
    packed = cloudpickle.dumps(thing, protocol=5, buffer_callback=buffers.append)
    return len(packed) + sum(buffer.raw().nbytes for buffer in buffers)


def seconds(latents: Table, responses: Table, family: str, **options: object) -> tuple[float, Fits]:
    began = time.perf_counter()
    fits = fit_glms(latents, responses, NAMES, KINDS, family=family, **options)
    return time.perf_counter() - began, fits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--samples", type=int, default=200_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--families", nargs="+", default=["gaussian", "huber", "binomial"])
    options = parser.parse_args()
    import_ray().init("local", num_cpus=max(options.workers), include_dashboard=False, log_to_driver=False)
    drawn = DrawnLatents(LATENT_DIM, options.samples, "sphere", 0)
    began = time.perf_counter()
    latents = np.concatenate([drawn[start : start + 4096] for start in range(0, options.samples, 4096)])
    print(f"{options.samples} latents of {LATENT_DIM}: {latents.nbytes / 1e6:.0f} MB, drawn by one core in "
          f"{time.perf_counter() - began:.1f} s", flush=True)  # fmt: skip
    generator = np.random.default_rng(0)
    truth = generator.standard_normal((LATENT_DIM, ATTRIBUTES), dtype=np.float32) / 12
    logits = latents @ truth + generator.standard_normal((options.samples, ATTRIBUTES), dtype=np.float32)
    print(f"responses: {logits.nbytes / 1e6:.0f} MB, sent once\n\n{'':26s}{'first, s':>9s}{'again, s':>9s}"
          f"{'of one process':>15s}{'passes':>7s}{'out, MB':>9s}{'back, MB':>9s}  by pass, MB back")  # fmt: skip
    for family in options.families:
        responses = probabilities(logits, KINDS) if family == "binomial" else logits
        for workers in options.workers:
            with mock.patch(
                "tlgan.regression.streaming.row_stream.worker_count", lambda count=workers: count
            ):
                alone, expected = seconds(latents, responses, family)
            print(f"{family + f', {workers} threads':26s}{'':9s}{alone:9.1f}{1:15.2f}", flush=True)
            with shard_tables(Ray(workers=workers), drawn, responses) as tables:
                table, shards, pool = tables.latents, tables.responses, tables.pool
                first = seconds(table, shards, family, worker_pool=pool)[0]
                counted = Counted(pool)
                again, fits = seconds(table, shards, family, worker_pool=counted)
            assert (fits.coefficients == expected.coefficients).all()
            assert (fits.standard_errors == expected.standard_errors).all()
            out, back = np.array(counted.passes).T / 1e6
            print(f"{family + f', {workers} workers':26s}{first:9.1f}{again:9.1f}{again / alone:15.2f}{len(out):7d}"
                  f"{out.sum():9.1f}{back.sum():9.1f}  {' '.join(f'{part:.1f}' for part in back)}",
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
