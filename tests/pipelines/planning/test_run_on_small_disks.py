"""Stages on a file system that is full, gone or closed: a small one of its own, in memory, really mounted."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.kill import SETTINGS
from pipelines.planning.plan import make_plan, plan_networks
from pipelines.planning.run import run
from pipelines.recipe.load import load_recipe
from pipelines.stages.training_loop import TrainingLimits
from tlgan.errors import UserError
from tlgan.storage.row_files import RowWriter

SMALL = (
    "sample.count=600",
    "networks.labeller.epochs=1",
    "data.count=120",
    "evaluate.count=8",
    "regress.least_rows=500",
    "regress.epochs=1",
)
STAGES = (
    *("prepare", "train", "sample", "label", "fit", "regress"),
    *("orthogonalize", "export", "rescore", "evaluate", "report"),
)
DISK = 32 * 2**20  # bytes
ROOT = Path(__file__).parents[3]


def steps_until(recipe, stage):
    if stage in ("prepare", "train"):
        limits = TrainingLimits(checkpoint_seconds=-1.0)
        return list(plan_networks(recipe, ["labeller"] if stage == "train" else [], limits))
    return list(make_plan(recipe).until(stage))


@pytest.fixture(scope="module")
def recipe():
    return load_recipe("known-axes", (*SETTINGS, *SMALL))


@pytest.fixture(scope="module")
def results(recipe, tmp_path_factory):
    """A home where every stage has run; only to be copied."""
    home = tmp_path_factory.mktemp("results") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLGAN_HOME", str(home))
        run(recipe, steps_until(recipe, "train"))
        run(recipe, steps_until(recipe, "evaluate"))
    return home


@pytest.fixture
def small_disk(tmp_path, monkeypatch, results):
    """A file system of a few megabytes as home, with a copy of the results."""
    home = tmp_path / "home"
    home.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(home)]
    try:
        mounted = subprocess.run(command, check=False, capture_output=True, text=True)
    except OSError as error:
        pytest.skip(f"there is no mount: {error}")
    if mounted.returncode:
        pytest.skip(f"a file system cannot be mounted here: {mounted.stderr.strip()}")
    try:
        shutil.copytree(results, home, dirs_exist_ok=True)
        monkeypatch.setenv("TLGAN_HOME", str(home))
        yield home
    finally:
        while os.path.ismount(home):
            subprocess.run(["umount", "-l", str(home)], check=True)


def forget(steps, stage) -> None:
    """Remove what a stage has made."""
    for output in [step.output for step in steps if stage in (step.stage, step.title.split()[0])]:
        for path in (output, output.with_suffix(".json")):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    if stage == "train":
        for checkpoint in (output.parents[1]).rglob("*.checkpoint.h5"):
            checkpoint.unlink()


def hashes(home: Path) -> dict[str, str]:
    return {
        path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in home.rglob("*")
        if path.is_file() and path.name != "history.jsonl"  # of a training that begins anew
    }


def fill(home: Path, left: int) -> Path:
    """Fill a file system but for so many bytes."""
    filler = home / "filler"
    free = shutil.disk_usage(home).free
    with filler.open("wb") as file:
        file.write(bytes(max(0, free - left)))
    return filler


@pytest.mark.network
@pytest.mark.parametrize(
    ("stage", "left"), [*((stage, 12 * 2**10) for stage in STAGES), ("prepare", 0), ("evaluate", 0)]
)
def test_a_full_disk_is_one_line_and_what_was_finished_stays(recipe, small_disk, stage, left):
    steps = steps_until(recipe, stage)
    forget(steps, stage)
    before = hashes(small_disk)
    filler = fill(small_disk, left)
    with pytest.raises(UserError) as error:
        run(recipe, steps)
    words = str(error.value)
    assert "\n" not in words
    assert "no space left" in words or "MB free" in words
    assert "run the same command again" in words
    assert str(small_disk) in words
    after = hashes(small_disk)
    del after["filler"]
    assert {name: after.get(name) for name in before} == before
    assert [name for name in after if name.endswith((".new", ".lock"))] == []
    filler.unlink()
    if stage != "report":  # which takes long
        assert run(recipe, steps) >= 1
        assert run(recipe, steps) == 0


@pytest.mark.network
def test_a_stage_whose_rows_have_no_room_is_not_begun(recipe, small_disk, monkeypatch):
    steps = steps_until(recipe, "sample")
    forget(steps, "sample")
    monkeypatch.setattr("pipelines.stages.sample._draw_blocks", lambda *_: pytest.fail("it was begun"))
    fill(small_disk, 100_000)
    with pytest.raises(
        UserError, match=r"needs 0\.2 MB more, and its disk has 0\.1 MB free\. Free some, then"
    ):
        run(recipe, steps)


@pytest.mark.network
@pytest.mark.parametrize("stage", ["sample", "label", "rescore"])
def test_a_file_system_that_vanishes_ends_a_stage_with_one_line(recipe, small_disk, monkeypatch, stage):
    steps = steps_until(recipe, stage)
    forget(steps, stage)
    append = RowWriter.append

    def vanishing(self, rows):
        if os.path.ismount(small_disk):
            subprocess.run(["umount", "-l", str(small_disk)], check=True)
        append(self, rows)

    monkeypatch.setattr(RowWriter, "append", vanishing)
    with pytest.raises(UserError) as error:
        run(recipe, steps)
    assert "\n" not in str(error.value)
    assert str(small_disk) in str(error.value)
    assert "run the same command again" in str(error.value)


@pytest.mark.network
def test_on_a_file_system_that_is_read_only_what_is_fresh_needs_no_write(recipe, small_disk):
    steps = steps_until(recipe, "evaluate")
    missing = steps_until(recipe, "fit")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert run(recipe, steps) == 0
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    forget(missing, "fit")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(UserError) as error:
        run(recipe, missing)
    assert "\n" not in str(error.value)
    assert "Read-only file system" in str(error.value)


@pytest.mark.network
def test_what_is_fresh_does_not_depend_on_the_clock(recipe, small_disk):
    for path in small_disk.rglob("*"):
        os.utime(path, (2**32, 2**32))  # in the year 2106, as if the clock had been set back since
    assert run(recipe, steps_until(recipe, "evaluate")) == 0
    for path in small_disk.rglob("*"):
        os.utime(path, (0, 0))
    assert run(recipe, steps_until(recipe, "evaluate")) == 0


SECOND = """
import sys
from benchmarks.kill import SETTINGS
from pipelines.planning.plan import make_plan
from pipelines.planning.run import run
from pipelines.recipe.load import load_recipe
recipe = load_recipe("known-axes", (*SETTINGS, *sys.argv[1:]))
run(recipe, make_plan(recipe).until("fit"))
"""


@pytest.mark.network
def test_two_runs_at_once_leave_one_result(recipe, tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("TLGAN_HOME", str(home))
    command = [sys.executable, "-c", SECOND, *SMALL]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as second:
        while second.poll() is None and not list(home.rglob("*.lock")):
            time.sleep(0.002)
        try:
            run(recipe, steps_until(recipe, "fit"))
        except UserError as error:
            assert "must have one writer at a time" in str(error)  # noqa: PT017 (which of both is refused is chance)
        printed = second.communicate()[0]
    assert second.returncode == 0 or "must have one writer at a time" in printed, printed
    run(recipe, steps_until(recipe, "fit"))
    assert run(recipe, steps_until(recipe, "fit")) == 0
    assert [path.name for path in home.rglob("*") if path.suffix in (".partial", ".new", ".lock")] == []
