"""A disk that is full while HDF5 is written: one ordinary error, no screens of HDF5's own and no crash."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
WRITERS = {
    "axis file": "from tlgan import axes_from_directions, write_axes\n"
    "write_axes(axes_from_directions(['a'], [[1.0] * 500], latent_space='normal'), path)",
    "row file": "from pathlib import Path\nfrom tlgan.storage.row_files import RowDataset, RowWriter\n"
    "with RowWriter(Path(path), [RowDataset('x', (500,), '<f8')], 10, {}) as writer: pass",
}


@pytest.mark.parametrize("limit", [0, 2048, 4096, 6000])
@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_full_disk_is_one_error(tmp_path, writer, limit):
    path = tmp_path / "a.h5"
    program = (
        "import resource, signal, sys\npath = sys.argv[1]\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        f"try:\n    exec({writer!r})\nexcept (OSError, ValueError) as error:\n    print(type(error).__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() in ("OSError", "UserError")
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []
