"""Where results lie."""

from __future__ import annotations

import os

from pipelines.workflow.paths import run_folder
from tests.pipelines.workflow.toy_steps import toy


def test_output_is_named_by_the_fingerprint_in_the_home(home):
    step = toy()
    assert step.output == home / "artifacts" / f"fits-{step.fingerprint[:16]}.h5"


def test_home_is_the_current_folder_unless_told(monkeypatch):
    monkeypatch.delenv("TLGAN_HOME", raising=False)
    assert str(run_folder("mine")) == os.path.join("runs", "mine")
