"""Single wrong bits in every kind of file that the project writes: each is refused, or changes nothing that is read.

    python -m benchmarks.flip [--seed 0] [--count 500] [--home FOLDER]        # a few minutes

Copies a file of the home (by default, the small files that version 0.3 wrote), flips one bit at a random place and
reads it as the stages do, kind after kind. Prints a line for each kind; exit status 1 where a bit changed what was
read.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import print_columns
from tlgan.errors import UserError

HOME = Path(__file__).parents[1] / "tests" / "files_of_0_3"
WIDTHS = (19, 8, 9, 11, 9)


def read_rows(path: Path) -> Any:
    """Attributes and rows of a file that grows."""
    from tlgan.storage.row_files import map_rows, read_attributes, rows_done

    names = {"samples": ("latents", "images"), "labels": ("scores",), "rescores": ("scores", "unedited")}
    rows = {name: np.asarray(map_rows(path, name)) for name in names[path.name.partition("-")[0]]}
    return read_attributes(path), rows_done(path), rows


def read_fits(path: Path) -> Any:
    """Fits and how stable they are."""
    from pipelines.artifacts.fits_file import read_fits, read_stability

    return read_fits(path), read_stability(path)


def read_regressor(path: Path) -> Any:
    """A latent regressor."""
    from pipelines.artifacts.regressor_file import read_regressor_file

    return read_regressor_file(path)


def read_axis_file(path: Path) -> Any:
    """Axes."""
    from tlgan.formats.axis_file import read_axes

    return read_axes(path)


def read_tables(path: Path) -> Any:
    """Tables of an evaluation, or its arrays."""
    from pipelines.artifacts.evaluation_file import read_arrays, read_evaluation

    return read_arrays(path) if path.suffix == ".h5" else read_evaluation(path)


def read_network(path: Path) -> Any:
    """Weights."""
    from models.weights.weight_file import read_weights

    return read_weights(path)


def read_state(path: Path) -> Any:
    """A checkpoint, all of it."""
    import h5py

    from tlgan.storage.checksums import reading_hdf5

    content: dict[str, Any] = {}
    with reading_hdf5(path) as file:
        content["attributes"] = dict(file.attrs)
        file.visititems(
            lambda name, item: content.update({name: item[...]}) if isinstance(item, h5py.Dataset) else None
        )
    return content


def read_ledger(path: Path) -> Any:
    """The ledger of a run."""
    from pipelines.workflow.checked_json import read_json

    return read_json(path, "")[0]


def read_export(path: Path) -> Any:
    """What the exported folder of a file says of itself; a UserError where it is not as it was written."""
    from pipelines.workflow.manifest import NAME, folder_entry

    folder = next(parent for parent in path.parents if (parent / NAME).is_file())
    entry = folder_entry(folder)
    if entry is None or "damage" in entry:
        raise UserError("is not as it was written")
    return entry


# Kind: pattern of its files in a home, and how they are read.
KINDS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "samples": ("artifacts/samples-*.h5", read_rows),
    "labels": ("artifacts/labels-*.h5", read_rows),
    "rescores": ("artifacts/rescores-*.h5", read_rows),
    "fits": ("artifacts/fits-*.h5", read_fits),
    "regressor": ("artifacts/regressors-*.h5", read_regressor),
    "axes": ("artifacts/axes-*.h5", read_axis_file),
    "evaluation": ("artifacts/evaluation-*.json", read_tables),
    "evaluation arrays": ("artifacts/evaluation-*.h5", read_tables),
    "weights": ("artifacts/weights/*.h5", read_network),
    "checkpoint": ("*.checkpoint.h5", read_state),
    "ledger": ("runs/*/steps.json", read_ledger),
    "exported axes": ("runs/*/axes/**/*.*", read_export),
}


def digest(value: Any) -> str:
    """A hash of all that a value holds."""
    sha256 = hashlib.sha256()

    def add(part: Any) -> None:
        if dataclasses.is_dataclass(part) and not isinstance(part, type):
            part = {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}
        if isinstance(part, Mapping):
            part = sorted(part.items())
        sha256.update(type(part).__name__.encode())
        if isinstance(part, np.ndarray):
            sha256.update(f"{part.dtype}{part.shape}".encode() + np.ascontiguousarray(part).tobytes())
        elif isinstance(part, list | tuple):
            for item in part:
                add(item)
        else:
            sha256.update(repr(part).encode())

    add(value)
    return sha256.hexdigest()


def flip(path: Path, read: Callable[[Path], Any], wanted: str, random: np.random.Generator) -> str:
    """Flip one bit of a file, read it, put the file back: "refused", "unchanged" or "wrong"."""
    whole = path.read_bytes()
    content = bytearray(whole)
    content[random.integers(len(content))] ^= 1 << int(random.integers(8))
    path.write_bytes(content)
    try:
        return "unchanged" if digest(read(path)) == wanted else "wrong"
    except (UserError, OSError):
        return "refused"
    finally:
        path.write_bytes(whole)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 where a wrong bit changed what was read."""
    parser = command_parser("flip", __doc__)
    parser.add_argument("--seed", type=int, default=0, help="of places")
    parser.add_argument("--count", type=int, default=500, help="bits, of all kinds together")
    parser.add_argument(
        "--home", type=Path, default=HOME, help="with artifacts/ and runs/; copied, not changed"
    )
    options = parser.parse_args(arguments)
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", HDF5_USE_FILE_LOCKING="FALSE")
    random = np.random.default_rng(options.seed)
    print_columns(("file", "bits", "refused", "unchanged", "wrong"), WIDTHS)
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(shutil.copytree(options.home, Path(folder) / "home"))
        present = {
            kind: files for kind, (pattern, _) in KINDS.items() if (files := sorted(home.glob(pattern)))
        }
        for place, (kind, files) in enumerate(present.items()):
            read, tally = KINDS[kind][1], Counter[str]()
            wanted = [digest(read(path)) for path in files]
            for _ in range((options.count - total.total()) // (len(present) - place)):
                number = int(random.integers(len(files)))
                tally[flip(files[number], read, wanted[number], random)] += 1
            total += tally
            _print(kind, tally)
    _print("all", total)
    return int(total["wrong"] > 0)


def _print(kind: str, tally: Counter[str]) -> None:
    counts = (tally.total(), tally["refused"], tally["unchanged"], tally["wrong"])
    print_columns((kind, *map(str, counts)), WIDTHS)


if __name__ == "__main__":
    sys.exit(main())
