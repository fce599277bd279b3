"""Killed stages end as if they had been left alone; the comparison finds what differs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from benchmarks.kill import differences

ROOT = Path(__file__).parents[2]


@pytest.mark.network
def test_stages_that_are_killed_end_as_if_they_had_been_left_alone():
    command = [sys.executable, "-m", "benchmarks.kill", "--count", "5", "--stage", "sample", "fit", "export"]
    ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    last = ended.stdout.splitlines()[-1].split()
    assert last[0] == "all"
    assert (int(last[1]), last[3:]) == (5, ["0", "0", "0"])


@pytest.fixture
def homes(tmp_path):
    for name in ("first", "second"):
        home = tmp_path / name
        (home / "runs").mkdir(parents=True)
        (home / "runs" / "steps.json").write_text(
            json.dumps({"fit": {"fingerprint": "f", "seconds": len(name)}})
        )
        (home / "runs" / "a.csv").write_text("1,2")
        with h5py.File(home / "a.h5", "w") as file:
            file.attrs.update(created_utc=name, family="huber")
            file["deep/numbers"] = np.arange(3.0)
    return tmp_path / "first", tmp_path / "second"


def test_homes_that_differ_in_times_alone_are_equal(homes):
    assert differences(*homes) == []


def change_number(home):
    with h5py.File(home / "a.h5", "r+") as file:
        file["deep/numbers"][1] = 1 + 1e-15


def change_attribute(home):
    with h5py.File(home / "a.h5", "r+") as file:
        file.attrs["family"] = "gaussian"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda home: (home / "a.h5.lock").write_text(""), "a.h5.lock was left behind"),
        (lambda home: (home / "runs/a.csv").unlink(), "runs/a.csv is missing"),
        (lambda home: (home / "runs/a.csv").write_text("1,3"), "runs/a.csv differs"),
        (
            lambda home: (home / "runs/steps.json").write_text('{"fit": {}}'),
            "runs/steps.json differs in fit",
        ),
        (change_number, "a.h5 differs in deep/numbers"),
        (change_attribute, "a.h5 differs in "),
    ],
)
def test_every_difference_is_found(homes, change, words):
    change(homes[1])
    assert differences(*homes) == [words]
