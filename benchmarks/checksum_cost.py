"""What the checksums of row files cost where rows are read, beside the stage that reads them.

    python -m benchmarks.checksum_cost [--samples 20000] [--folder /tmp]       # a minute

Writes latents of 512 numbers with 40 scores, and pictures of 64×64, and prints a line for each way of reading them:
the seconds of reading, the seconds that comparing every checksum takes alone, and their ratio. "fit" and "label" read
as the stages do: a row is compared once, when it is first read. "a plain pass" only adds the numbers up, from the
system's cache and from the disk; no stage does so little.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import print_columns
from benchmarks.timing import best_seconds, call_seconds

LATENT_DIM, ATTRIBUTES, RESOLUTION = 512, 40, 64
PICTURES = 2048
WIDTHS = (34, 10, 12, 12, 8)


@dataclass(frozen=True)
class ReadingCost:
    """One way of reading rows: megabytes, seconds, and those of the checksums alone."""

    name: str
    megabytes: float
    reading: float
    checking: float


def write_files(folder: Path, samples: int) -> None:
    """Write the row files that are read: latents, scores that follow them, and pictures."""
    from tlgan.storage.row_files import RowDataset, RowWriter

    random = np.random.default_rng(0)
    weights = random.standard_normal((LATENT_DIM, ATTRIBUTES)).astype("f4") / LATENT_DIM**0.5
    columns = [RowDataset("latents", (LATENT_DIM,), "<f4"), RowDataset("scores", (ATTRIBUTES,), "<f4")]
    with RowWriter(folder / "samples.h5", columns, samples, {}) as writer:
        while writer.done < samples:
            latents = random.standard_normal((min(512, samples - writer.done), LATENT_DIM)).astype("f4")
            noise = random.standard_normal((len(latents), ATTRIBUTES)).astype("f4")
            writer.append({"latents": latents, "scores": latents @ weights + noise})
    shape = (RESOLUTION, RESOLUTION, 3)
    with RowWriter(folder / "images.h5", [RowDataset("images", shape, "u1")], PICTURES, {}) as writer:
        writer.append({"images": random.integers(0, 256, (PICTURES, *shape), dtype=np.uint8)})


def plain_rows(path: Path, name: str) -> np.ndarray:
    """Rows as the file has them, without a check."""
    import h5py

    with h5py.File(path, "r") as file:
        dataset = file[name]
        return np.memmap(path, dataset.dtype, "r", dataset.id.get_offset(), dataset.shape)


def checking_seconds(path: Path, names: Sequence[str]) -> float:
    """Least seconds of comparing all rows of some datasets with their checksums."""
    from tlgan.storage.row_files import map_rows

    return best_seconds(lambda: [map_rows(path, name).check() for name in names], rounds=5)


def add_up(rows: np.ndarray) -> None:
    """Read all rows once and do as little as possible with them."""
    for start in range(0, len(rows), 4096):
        np.asarray(rows[start : start + 4096]).sum()


def forget(path: Path) -> None:
    """Make the system drop a file from its cache, where it can be told to."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(folder: Path, samples: int) -> Iterator[ReadingCost]:
    """Every way of reading, as it is done."""
    write_files(folder, samples)
    path = folder / "samples.h5"
    megabytes = samples * 4 * (LATENT_DIM + ATTRIBUTES) / 1e6
    checking = checking_seconds(path, ["latents", "scores"])
    for family in ("gaussian", "huber"):
        yield ReadingCost(f"fit ({family})", megabytes, fit_seconds(path, family), checking)
    images = PICTURES * RESOLUTION**2 * 3 / 1e6
    yield ReadingCost(
        "label", images, label_seconds(folder), checking_seconds(folder / "images.h5", ["images"])
    )
    latents = samples * 4 * LATENT_DIM / 1e6
    checking = checking_seconds(path, ["latents"])
    cached = best_seconds(lambda: add_up(plain_rows(path, "latents")))
    yield ReadingCost("a plain pass, cached", latents, cached, checking)
    forget(path)
    cold = call_seconds(lambda: add_up(plain_rows(path, "latents"))).wall
    yield ReadingCost("a plain pass, from the disk", latents, cold, checking)


def fit_seconds(path: Path, family: str) -> float:
    """Seconds of what the stage `fit` does with all rows."""
    from pipelines.stages.fit import measure_stability
    from tlgan.regression.fit import fit_glms

    latents, scores = (plain_rows(path, name) for name in ("latents", "scores"))
    names = [f"a{number}" for number in range(ATTRIBUTES)]
    data = latents, scores, names, ["binary"] * ATTRIBUTES
    settings = {"family": family, "held_out": 0.1, "ridge": 0.0, "covariance": "robust", "seed": 0}

    def fit() -> None:
        measure_stability(*data, whole=fit_glms(*data, **settings), **settings)

    return call_seconds(fit).wall


def label_seconds(folder: Path) -> float:
    """Seconds in which the committed labeller reads all pictures."""
    from models import load_labeller

    images = plain_rows(folder / "images.h5", "images")
    labeller = load_labeller("celeba64")
    labeller.score_rows(np.array(images[:256]), np.zeros((256, 1)), 0)  # compiles
    return call_seconds(lambda: labeller.score_rows(np.array(images), np.zeros((PICTURES, 1)), 0)).wall


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = command_parser("checksum_cost", __doc__)
    parser.add_argument("--samples", type=int, default=20_000)
    parser.add_argument("--folder", default=None, help="on the disk to be measured")
    options = parser.parse_args(arguments)
    from pipelines.execution.keras_import import import_quietly

    import_quietly()
    print_columns(("reading", "MB", "seconds", "checksums", "ratio"), WIDTHS)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for cost in measure(Path(folder), options.samples):
            seconds = [f"{cost.reading:.3f}", f"{cost.checking:.4f}", f"{cost.checking / cost.reading:.1%}"]
            print_columns((cost.name, f"{cost.megabytes:.0f}", *seconds), WIDTHS)


if __name__ == "__main__":
    main()
