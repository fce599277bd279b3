"""Rows written to and read from a row file per second, beside the disk's own speed, and the memory taken.

    python -m benchmarks.row_file_speed [--samples 20000 200000 1000000] [--folder /tmp]       # two minutes

Prints the disk's speed, then a line for each number of samples. Each number runs in a process of its own:
512-dimensional latents are drawn and written as the stage `sample` writes them, then read through as the fit reads
them. The column "grows" is the peak memory beyond that of the first number.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.options import command_parser
from benchmarks.processes import in_own_process, process_memory
from benchmarks.tables import print_columns

LATENT_DIM, BLOCK = 512, 512
COUNTS = (20_000, 200_000, 1_000_000)
WIDTHS = (9, 10, 11, 13, 10, 10, 11)


class Passes(NamedTuple):
    """Seconds of drawing, writing and reading all rows of a file, and the largest memory seen in MiB."""

    drawing: float
    writing: float
    reading: float
    peak: float


@dataclass(frozen=True)
class RowFileSpeed:
    """Rows per second of one file, its share of the disk's own speed, and peak memory in MiB."""

    samples: int
    drawn: float
    written: float
    read: float
    share: float
    peak: float


def write_and_read(folder: str, samples: int) -> Passes:
    """Write and read so many rows; the process should do nothing else."""
    from tlgan.latents.sampling import draw_latents
    from tlgan.storage.row_files import RowDataset, RowWriter, map_rows

    path, peak, drawing = Path(folder) / "rows.h5", 0.0, 0.0
    began = time.perf_counter()
    with RowWriter(path, [RowDataset("latents", (LATENT_DIM,), "<f4")], samples, {}) as writer:
        while writer.done < samples:
            start = time.perf_counter()
            latents = draw_latents(writer.done, min(BLOCK, samples - writer.done), LATENT_DIM)
            drawing += time.perf_counter() - start
            writer.append({"latents": latents})
            peak = max(peak, process_memory("RssAnon"))
    writing = time.perf_counter() - began - drawing
    began = time.perf_counter()
    rows = map_rows(path, "latents")
    for start_row in range(0, samples, 4096):
        np.asarray(rows[start_row : start_row + 4096]).sum()
        peak = max(peak, process_memory("RssAnon"))
    return Passes(drawing, writing, time.perf_counter() - began, peak)


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


def measure_file(samples: int, disk: float, folder: str | None) -> RowFileSpeed:
    """Speed of a file of so many rows; `disk` is the disk's own speed in MB/s."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        passes = in_own_process(write_and_read, place, samples)
    return RowFileSpeed(
        samples=samples,
        drawn=samples / passes.drawing,
        written=samples / passes.writing,
        read=samples / passes.reading,
        share=samples * LATENT_DIM * 4 / 1e6 / passes.writing / disk,
        peak=passes.peak,
    )


def measure(counts: Sequence[int], folder: str | None) -> tuple[float, Iterator[RowFileSpeed]]:
    """The disk's own speed in MB/s, then each file as it is done."""
    disk = disk_speed(folder or tempfile.gettempdir())
    return disk, (measure_file(samples, disk, folder) for samples in counts)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = command_parser("row_file_speed", __doc__)
    parser.add_argument("--samples", type=int, nargs="+", default=COUNTS)
    parser.add_argument("--folder", default=None, help="on the disk to be measured")
    options = parser.parse_args(arguments)
    disk, files = measure(options.samples, options.folder)
    print(f"the disk itself: {disk:.0f} MB/s in synced blocks of {BLOCK * LATENT_DIM * 4 // 1000} kB")
    head = ("samples", "drawn/s", "written/s", "of the disk", "read/s", "peak MiB", "grows MiB")
    print_columns(head, WIDTHS)
    first = None
    for file in files:
        first = file.peak if first is None else first
        rates = [f"{file.drawn:.0f}", f"{file.written:.0f}", f"{file.share:.0%}", f"{file.read:.0f}"]
        print_columns((str(file.samples), *rates, f"{file.peak:.0f}", f"{file.peak - first:.1f}"), WIDTHS)


if __name__ == "__main__":
    main()
