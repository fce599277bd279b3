"""Every benchmark of speed and memory, in one Markdown table with a description of the machine.

    python -m benchmarks.run_all [--only generator labelling fit rows execution] [--quick]     # or: make bench

Prints the table that docs/performance.md quotes. It takes eight minutes. Each part runs in a process of its own.
Ratios come from alternatives that take turns in one part; trust these. Above 1 means that ours is faster.
`--quick` takes sizes for a trial that say nothing, in two minutes.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from benchmarks import execution_throughput, fit_speed, generator_speed, labelling_speed, row_file_speed
from benchmarks.options import command_parser
from benchmarks.processes import in_own_process
from benchmarks.tables import markdown_table

PACKAGES = ("tensorflow", "keras", "numpy", "scipy", "scikit-learn", "statsmodels", "h5py", "ray")

Row = tuple[str, str, str]  # what, figure, beside


def generator_rows(quick: bool) -> Iterator[Row]:
    """Images per second of each implementation of the generator."""
    resolution, batch, rounds = (64, 4, 1) if quick else (1024, 4, 4)
    speed = generator_speed.measure(resolution, batch, rounds)
    for name in speed.seconds:
        wall, processor = speed.time_ratios(name)
        beside = (
            f"{speed.share_of_peak(name):.0%} of the matrix product's {speed.peak / 1e9:.0f} GFLOP/s"
            if name == generator_speed.OURS
            else f"ours is {wall:.2f}× as fast, {processor:.2f}× in CPU time; "
            f"at most {speed.differences(name).max()} grey levels apart"
        )
        what = f"generator {resolution}×{resolution}, batch {batch}: {name}"
        yield what, f"{speed.rate(name):.2f} images/s", beside


def labelling_rows(quick: bool) -> Iterator[Row]:
    """Images per second that the committed labeller reads."""
    rows = 128 if quick else 1024
    seconds = labelling_speed.measure(rows, rounds=3)
    ratio = np.median(seconds["drawn"] / seconds["labelled"])
    yield (
        "labelling 64×64 (committed labeller)",
        f"{rows / seconds['labelled'].min():.0f} images/s",
        f"{ratio:.2f}× as fast as drawing them",
    )


def fit_rows(quick: bool) -> Iterator[Row]:
    """Seconds of fits by each library."""
    n = 2000 if quick else 20_000
    times = fit_speed.measure(n, fit_speed.product_rates())
    ours = {name.removeprefix("tlgan, "): taken for name, taken in times.items() if name.startswith("tlgan")}
    for case, (wall, processor) in ours.items():
        yield f"fit {n:,} × 512, 40 attributes: {case}", f"{wall:.2f} s", f"{processor:.2f} s CPU"
    for name, (wall, processor) in times.items():
        library, case = name.split(", ", 1)
        if library != "tlgan":
            ratio = (
                f"ours is {wall / ours[case].wall:.3g}× as fast, "
                f"{processor / ours[case].processor:.3g}× in CPU time"
            )
            yield f"… {name}, one × 40", f"{wall:.1f} s", ratio


def disk_rows(quick: bool) -> Iterator[Row]:
    """Rows written and read per second, and memory."""
    disk, files = row_file_speed.measure([1000, 2000] if quick else row_file_speed.COUNTS, None)
    yield "the disk itself, synced blocks of 1 MB", f"{disk:.0f} MB/s", ""
    first = None
    for file in files:
        what = f"{file.samples:,} latents of 512"
        yield f"{what}: written", f"{file.written:,.0f} /s", f"{file.share:.0%} of the disk"
        yield f"{what}: read", f"{file.read:,.0f} /s", "from the system's cache"
        first = first or file
        slope = "" if file is first else (
            f"{round((file.peak - first.peak) / (file.samples - first.samples) * 1e6)} MiB per million more"
        )  # fmt: skip
        yield f"{what}: peak memory", f"{file.peak:.0f} MiB", slope


def execution_rows(quick: bool) -> Iterator[Row]:
    """Images drawn and labelled per second, by the way to run the transforms."""
    from pipelines.execution.keras_import import import_quietly
    from pipelines.recipe.load import load_recipe

    import_quietly()
    rows = 512 if quick else 2048
    times = execution_throughput.measure(load_recipe("celeba64"), rows, 1 if quick else 2)
    base = np.array(next(iter(times.values())))
    for number, (name, values) in enumerate(times.items()):
        ratio = f"{np.median(base / np.array(values)):.2f}× as fast as the first" if number else ""
        yield f"drawn and labelled 64×64: {name}", f"{rows / min(values):.0f} images/s", ratio


PARTS = {
    "generator": generator_rows,
    "labelling": labelling_rows,
    "fit": fit_rows,
    "rows": disk_rows,
    "execution": execution_rows,
}


def measure_part(name: str, quick: bool) -> list[Row]:
    """All rows of one part of the table."""
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 if a part failed."""
    parser = command_parser("run_all", __doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that everything runs")
    options = parser.parse_args(arguments)
    description, table, failed = machine(), [], False
    for name in options.only:
        print(f"-- {name}", flush=True)
        try:
            table += in_own_process(measure_part, name, options.quick)
        except Exception as error:  # one part that fails must not cost the others
            table.append((name, "failed", f"{type(error).__name__}: {error}".splitlines()[0]))
            failed = True
    print(f"\n{description}\n\n{markdown_table(('what', 'figure', 'beside'), table, numbers=False)}")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
