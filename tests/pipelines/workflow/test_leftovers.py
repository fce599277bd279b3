"""What a killed process left is gone with the next run; what a living one writes stays."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.workflow.leftovers import remove_leftovers
from pipelines.workflow.lock import locked

KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines.workflow.lock import locked
from tlgan.storage.atomic_files import replacing, replacing_folder
home = Path(sys.argv[1])
for folder in ("artifacts/weights", "runs/toy/labeller"):
    (home / folder).mkdir(parents=True, exist_ok=True)
with (
    locked(home / "artifacts/fits-1.h5"),
    replacing(home / "artifacts/fits-1.h5") as a,
    locked(home / "artifacts/weights/mine.labeller.h5"),
    replacing(home / "runs/toy/labeller/best.json") as b,
    replacing_folder(home / "runs/toy/axes") as c,
):
    (home / "artifacts/fits-1.h5.partial.new").write_text("rows")
    (home / "artifacts/samples-2.h5.partial").write_text("rows that are done")
    a.write_text("half"), b.write_text("half"), (c / "a.csv").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def killed_home(home):
    root = Path(__file__).parents[3]
    ended = subprocess.run([sys.executable, "-c", KILLED, str(home)], cwd=root, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert len(files_in(home)) == 7
    return home


def test_locks_and_half_files_of_a_killed_process_are_removed(killed_home):
    remove_leftovers("toy")
    assert files_in(killed_home) == ["artifacts/samples-2.h5.partial"]
    assert not list((killed_home / "runs/toy").glob("axes*"))


def test_what_a_living_process_writes_stays(home):
    output = home / "artifacts" / "fits-1.h5"
    with locked(output):
        (home / "artifacts" / "fits-1.h5.partial.new").write_text("rows")
        remove_leftovers("toy")
        assert (home / "artifacts" / "fits-1.h5.lock").exists()
        assert (home / "artifacts" / "fits-1.h5.partial.new").exists()


def test_a_lock_that_is_held_elsewhere_stays(home):
    (home / "artifacts").mkdir(parents=True)
    lock = home / "artifacts" / "a.h5.lock"
    lock.write_text(json.dumps({"process": os.getpid()}))
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        remove_leftovers("toy")
        assert lock.exists()
    remove_leftovers("toy")
    assert not lock.exists()


def test_nothing_to_remove_is_no_error(home):
    remove_leftovers("toy")
    assert not home.exists()


def test_a_folder_that_stepped_aside_comes_back_where_nobody_writes(home):
    run = home / "runs" / "toy"
    for name in ("axes.replaced", "figures.replaced", "figures"):
        (run / name).mkdir(parents=True)
        (run / name / "a.csv").write_text(name)
    with locked(run / "axes"):
        remove_leftovers("toy")
        assert files_in(run) == [
            "axes.lock",
            "axes.replaced/a.csv",
            "figures.replaced/a.csv",
            "figures/a.csv",
        ]
    remove_leftovers("toy")
    assert files_in(run) == ["axes/a.csv", "figures/a.csv"]
    assert (run / "figures" / "a.csv").read_text() == "figures"
