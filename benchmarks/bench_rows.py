"""Rows written and read per second beside the disk's own speed, and peak memory at three sizes.

Run: python benchmarks/bench_rows.py [--samples 20000 200000 1000000] [--folder /tmp]

Each size runs in a process of its own: 512-dimensional latents are drawn and written as the stage
`sample` writes them, then read through as the fit reads them. The column "grows" is the peak memory beyond
that of the smallest size.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

LATENT_DIM, BLOCK = 512, 512
SIZES = (20_000, 200_000, 1_000_000)


def anonymous_peak() -> float:
    """MiB that this process holds beside mapped files, which the system may drop at any time; Linux only."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("RssAnon:")[1].split()[0]) / 2**10


def one(folder: str, samples: int) -> None:
    """Write and read `samples` rows; print seconds and the largest memory seen."""
    from tlgan.latents.sampling import draw_latents
    from tlgan.storage.row_files import RowDataset, RowWriter, map_rows

    path, largest, drawing = Path(folder) / "rows.h5", 0.0, 0.0
    began = time.perf_counter()
    with RowWriter(path, [RowDataset("latents", (LATENT_DIM,), "<f4")], samples, {}) as writer:
        while writer.done < samples:
            start = time.perf_counter()
            latents = draw_latents(writer.done, min(BLOCK, samples - writer.done), LATENT_DIM)
            drawing += time.perf_counter() - start
            writer.append({"latents": latents})
            largest = max(largest, anonymous_peak())
    writing = time.perf_counter() - began - drawing
    began = time.perf_counter()
    rows = map_rows(path, "latents")
    for start in range(0, samples, 4096):
        np.asarray(rows[start : start + 4096]).sum()
        largest = max(largest, anonymous_peak())
    print(drawing, writing, time.perf_counter() - began, largest)


def disk_speed(folder: str, megabytes: int = 200) -> float:
    """MB/s of plain writes of one block each, synced as often as the stage does."""
    block = os.urandom(BLOCK * LATENT_DIM * 4)
    path = Path(folder) / "plain"
    count = megabytes * 10**6 // len(block)
    began = time.perf_counter()
    with open(path, "wb") as file:
        for _ in range(count):
            file.write(block)
            file.flush()
            os.fdatasync(file.fileno())
    speed = count * len(block) / 1e6 / (time.perf_counter() - began)
    path.unlink()
    return speed


@dataclass(frozen=True)
class Measured:
    """What became of one size: rows per second, share of the disk's own speed, MiB."""

    samples: int
    drawn: float
    written: float
    read: float
    share: float
    peak: float


def measure(sizes: Sequence[int], folder: str | None) -> tuple[float, Iterator[Measured]]:
    """The disk's own speed in MB/s, then each size as it is done."""
    disk = disk_speed(folder or tempfile.gettempdir())
    return disk, (measured(samples, disk, folder) for samples in sizes)


def measured(samples: int, disk: float, folder: str | None) -> Measured:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        command = [sys.executable, __file__, "--folder", place, "--one", str(samples)]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    drawing, writing, reading, peak = map(float, output.split())
    share = samples * LATENT_DIM * 4 / 1e6 / writing / disk
    return Measured(samples, samples / drawing, samples / writing, samples / reading, share, peak)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--samples", type=int, nargs="+", default=SIZES)
    parser.add_argument("--folder", default=None, help="on the disk to be measured")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        return one(options.folder, options.one)
    disk, sizes = measure(options.samples, options.folder)
    print(f"the disk itself: {disk:.0f} MB/s in synced blocks of {BLOCK * LATENT_DIM * 4 // 1000} kB")
    print(f"{'samples':>9s}{'drawn/s':>10s}{'written/s':>11s}{'of the disk':>13s}{'read/s':>10s}"
          f"{'peak MiB':>10s}{'grows MiB':>11s}")  # fmt: skip
    first = None
    for found in sizes:
        first = found.peak if first is None else first
        print(f"{found.samples:9d}{found.drawn:10.0f}{found.written:11.0f}{found.share:13.0%}{found.read:10.0f}"
              f"{found.peak:10.0f}{found.peak - first:11.1f}", flush=True)  # fmt: skip
    return None


if __name__ == "__main__":
    main()
