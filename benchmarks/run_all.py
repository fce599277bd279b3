"""Every benchmark of speed and memory, in one Markdown table with a description of the machine.

Run: python benchmarks/run_all.py [--only generator labelling fit rows engine] [--quick]      (or: make bench)

Each part runs in a process of its own. Ratios come from rivals that take turns in one part and are
what to read; above 1 means that ours is faster. `--quick` takes sizes for a trial that say nothing.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path

import numpy as np

PACKAGES = ("tensorflow", "keras", "numpy", "scipy", "scikit-learn", "statsmodels", "h5py", "ray")

Row = tuple[str, str, str]  # what, figure, beside


def generator_rows(quick: bool) -> Iterator[Row]:
    from bench_generator import OURS, SIDE, TORCH, measure
    from bench_gpu import operations

    from models.networks.progressive_gan import GanConfig, feature_maps

    resolution, batch, rounds = (64, 4, 1) if quick else (1024, 4, 4)
    rivals, seconds = measure(resolution, batch, rounds, TORCH)
    peak = 2 * SIDE**3 / seconds.pop("peak")[:, 0].min()
    bound = peak / operations(GanConfig(resolution, 512, feature_maps(resolution)))
    for name, taken in seconds.items():
        rate = batch / taken[:, 0].min()
        wall, processor = np.median(taken / seconds[OURS], axis=0)
        levels = np.abs(rivals[name].images.astype(int) - rivals[OURS].images).max()
        beside = (
            f"{rate / bound:.0%} of the matrix product's {peak / 1e9:.0f} GFLOP/s"
            if name == OURS
            else f"ours is {wall:.2f}× as fast, {processor:.2f}× in CPU time; at most {levels} grey levels apart"
        )
        yield f"generator {resolution}×{resolution}, batch {batch}: {name}", f"{rate:.2f} images/s", beside


def labelling_rows(quick: bool) -> Iterator[Row]:
    from bench_labelling import measure

    rows = 128 if quick else 1024
    seconds = measure(rows, rounds=3)
    ratio = np.median(seconds["drawn"] / seconds["labelled"])
    yield (
        "labelling 64×64 (committed labeller)",
        f"{rows / seconds['labelled'].min():.0f} images/s",
        f"{ratio:.2f}× as fast as drawing them",
    )


def fit_rows(quick: bool) -> Iterator[Row]:
    from bench_fit import product_rates, speed

    n = 2000 if quick else 20_000
    times = speed(n, product_rates())
    ours = {name.removeprefix("tlgan, "): taken for name, taken in times.items() if name.startswith("tlgan")}
    for case, (wall, processor) in ours.items():
        yield f"fit {n:,} × 512, 40 attributes: {case}", f"{wall:.2f} s", f"{processor:.2f} s CPU"
    for name, (wall, processor) in times.items():
        library, case = name.split(", ", 1)
        if library != "tlgan":
            ratio = (
                f"ours is {wall / ours[case][0]:.3g}× as fast, {processor / ours[case][1]:.3g}× in CPU time"
            )
            yield f"… {name}, one × 40", f"{wall:.1f} s", ratio


def disk_rows(quick: bool) -> Iterator[Row]:
    from bench_rows import SIZES, measure

    disk, sizes = measure([1000, 2000] if quick else SIZES, None)
    yield "the disk itself, synced blocks of 1 MB", f"{disk:.0f} MB/s", ""
    first = None
    for found in sizes:
        what = f"{found.samples:,} latents of 512"
        yield f"{what}: written", f"{found.written:,.0f} /s", f"{found.share:.0%} of the disk"
        yield f"{what}: read", f"{found.read:,.0f} /s", "from the system's cache"
        first = first or found
        slope = "" if found is first else (
            f"{round((found.peak - first.peak) / (found.samples - first.samples) * 1e6)} MiB per million more"
        )  # fmt: skip
        yield f"{what}: peak memory", f"{found.peak:.0f} MiB", slope


def engine_rows(quick: bool) -> Iterator[Row]:
    from bench_engine import measure

    from pipelines.recipe.load import load_recipe

    rows = 512 if quick else 2048
    times = measure(load_recipe("celeba64"), rows, 1 if quick else 2)
    base = np.array(next(iter(times.values())))
    for number, (name, values) in enumerate(times.items()):
        ratio = f"{np.median(base / np.array(values)):.2f}× as fast as the first" if number else ""
        yield f"drawn and labelled 64×64: {name}", f"{rows / min(values):.0f} images/s", ratio


PARTS = {
    "generator": generator_rows,
    "labelling": labelling_rows,
    "fit": fit_rows,
    "rows": disk_rows,
    "engine": engine_rows,
}


def part(name: str, quick: bool) -> list[Row]:
    return list(PARTS[name](quick))


def machine() -> str:
    """Processor, cores, memory and versions, in one line."""
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = information.read_text(encoding="utf-8").splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), model)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    return f"{model}, {cores} cores, {memory:.0f} GiB; {', '.join(versions)}; load {load:.1f} at the start"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that everything runs")
    options = parser.parse_args()
    lines, failed = [machine(), "", "| what | figure | beside |", "|---|---|---|"], False
    for name in options.only:
        print(f"-- {name}", flush=True)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            try:
                rows = process.submit(part, name, options.quick).result()
            except Exception as error:  # one part that fails must not cost the others
                rows, failed = [(name, "failed", f"{type(error).__name__}: {error}".splitlines()[0])], True
        lines += [f"| {' | '.join(row)} |" for row in rows]
    print("", *lines, sep="\n")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
