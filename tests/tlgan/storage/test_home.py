"""The folder of the working files."""

from __future__ import annotations

from pathlib import Path

from models.weights.locate import weights_folder
from pipelines.workflow.paths import in_cache, run_folder
from tlgan.storage.home import home


def test_home_is_the_current_folder_unless_told(monkeypatch):
    monkeypatch.delenv("TLGAN_HOME", raising=False)
    assert home() == Path(".")


def test_weights_artifacts_and_runs_lie_in_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    assert home() == tmp_path
    assert weights_folder() == tmp_path / "artifacts" / "weights"
    assert in_cache("fits")("0" * 64).parent == tmp_path / "artifacts"
    assert run_folder("mine") == tmp_path / "runs" / "mine"


def test_home_may_begin_with_a_tilde(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TLGAN_HOME", "~/faces")
    assert home() == tmp_path / "faces"
