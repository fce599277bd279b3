"""The folder of exported axes is replaced as a whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tlgan.formats.import_export as import_export
from pipelines.recipe.load import load_recipe
from pipelines.stages.export import plan_export
from pipelines.workflow.lock import locked
from pipelines.workflow.manifest import NAME
from tests.pipelines.one_line_errors import check_one_line
from tests.pipelines.workflow.toy_steps import toy
from tlgan.axes.axes import axes_from_directions
from tlgan.errors import UserError
from tlgan.formats.axis_file import write_axes


@pytest.fixture
def orthogonalized(home):
    """A step whose axis file is written."""
    step = toy(stage="orthogonalize")
    step.output.parent.mkdir(parents=True)
    write_axes(axes_from_directions(["Smiling"], np.eye(1, 4), latent_space="normal"), step.output)
    return step


def run_export(toy_recipe, orthogonalized, *settings):
    step = plan_export(load_recipe(str(toy_recipe), settings), orthogonalized)
    step.work(step)
    return step.output


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_export_leaves_no_file_of_formats_that_are_no_longer_asked_for(toy_recipe, orthogonalized):
    run_export(toy_recipe, orthogonalized, "export.formats=['npz', 'interfacegan']")
    folder = run_export(toy_recipe, orthogonalized, "export.formats=['csv']")
    assert names_in(folder) == [NAME, "toy.csv"]
    assert names_in(folder.parent) == ["axes"]


def test_failed_export_leaves_the_old_folder(toy_recipe, orthogonalized, monkeypatch):
    folder = run_export(toy_recipe, orthogonalized, "export.formats=['npz', 'csv']")
    write = import_export.export_axes

    def fail_at_csv(axes, destination, form):
        if form == "csv":
            raise UserError("cannot")
        return write(axes, destination, form)

    monkeypatch.setattr(import_export, "export_axes", fail_at_csv)
    with pytest.raises(UserError, match="cannot"):
        run_export(toy_recipe, orthogonalized, "export.formats=['json', 'csv']")
    assert names_in(folder) == [NAME, "toy.csv", "toy.npz"]
    assert names_in(folder.parent) == ["axes"]


KILLED = """
import os, signal, sys
from pipelines.commands.main import main
from pipelines.workflow.ledger import Ledger
record = Ledger.record
def deadly(ledger, step, seconds):
    if step.stage == "export":
        os.kill(os.getpid(), signal.SIGKILL)
    record(ledger, step, seconds)
Ledger.record = deadly
main(["export", sys.argv[1], "-s", "export.formats=['json']"], standalone_mode=False)
"""


def test_formats_are_right_again_after_a_kill_between_the_folder_and_its_ledger(finished, home, command):
    csv = ("-s", "export.formats=['csv']")
    assert command("export", finished, *csv)[0] == 0
    root = Path(__file__).parents[3]
    ended = subprocess.run([sys.executable, "-c", KILLED, str(finished)], cwd=root, check=False)
    assert ended.returncode == -signal.SIGKILL
    folder = home / "runs/toy/axes"
    assert names_in(folder) == [NAME, "toy.json"]
    status, out, _ = command("export", finished, *csv)
    assert status == 0
    assert "export: stale (formats: ['json'] → ['csv'])" in out
    assert names_in(folder) == [NAME, "toy.csv"]
    assert names_in(folder.parent) == ["axes", "figures", "report.html", "steps.json"]


def test_a_second_export_at_the_same_time_is_refused_with_what_to_do(finished, home, command):
    folder = home / "runs/toy/axes"
    before = names_in(folder)
    with locked(folder):
        result = command("export", finished, "-s", "export.formats=['csv']")
        check_one_line(result, folder, "one writer at a time", f"process {os.getpid()}", "Wait for it")
    assert names_in(folder) == before


def test_an_exported_file_that_was_changed_is_written_again(finished, home, command):
    path = home / "runs/toy/axes/toy.csv"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"1", b"2"))
    status, out, _ = command("export", finished)
    assert status == 0
    assert "export: stale (toy.csv is not as it was written)" in out
    assert path.read_bytes() == whole
