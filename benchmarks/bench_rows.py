"""Rows written and read per second beside the disk's own speed, and peak memory at three sizes.

Run: python benchmarks/bench_rows.py [--samples 20000 100000 300000] [--folder /tmp]

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
from pathlib import Path

import numpy as np

LATENT_DIM, BLOCK = 512, 512


def anonymous_peak() -> float:
    """MiB that this process holds beside mapped files, which the system may drop at any time; Linux only."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("RssAnon:")[1].split()[0]) / 2**10


def one(folder: str, samples: int) -> None:
    """Write and read `samples` rows; print seconds and the largest memory seen."""
    from tlgan.latents import draw_latents
    from tlgan.row_files import Column, RowWriter, map_rows

    path, largest, drawing = Path(folder) / "rows.h5", 0.0, 0.0
    began = time.perf_counter()
    with RowWriter(path, [Column("latents", (LATENT_DIM,), "<f4")], samples, {}) as writer:
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--samples", type=int, nargs="+", default=[20_000, 100_000, 300_000])
    parser.add_argument("--folder", default=None, help="on the disk to be measured")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        return one(options.folder, options.one)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        disk = disk_speed(folder)
        print(f"the disk itself: {disk:.0f} MB/s in synced blocks of {BLOCK * LATENT_DIM * 4 // 1000} kB")
        print(f"{'samples':>9s}{'drawn/s':>10s}{'written/s':>11s}{'of the disk':>13s}{'read/s':>10s}"
              f"{'peak MiB':>10s}{'grows MiB':>11s}")  # fmt: skip
        first = None
        for samples in options.samples:
            command = [sys.executable, __file__, "--folder", folder, "--one", str(samples)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            drawing, writing, reading, peak = map(float, output.split())
            first = peak if first is None else first
            share = samples * LATENT_DIM * 4 / 1e6 / writing / disk
            print(f"{samples:9d}{samples / drawing:10.0f}{samples / writing:11.0f}{share:13.0%}"
                  f"{samples / reading:10.0f}{peak:10.0f}{peak - first:11.1f}", flush=True)  # fmt: skip
            (Path(folder) / "rows.h5").unlink()
    return None


if __name__ == "__main__":
    main()
