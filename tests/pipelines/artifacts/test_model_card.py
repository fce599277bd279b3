"""Cards of trained networks: figures for tools, words for people."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.artifacts import model_card as module
from pipelines.artifacts.model_card import FAULTS, TERMS, ModelCard, model_card_text, write_model_card
from pipelines.recipe.sections import Data
from tlgan.storage.file_hash import file_sha256

METRICS = {
    "means": {"AUC": 0.91234, "calibration_error": 0.02},
    "parameters": {"seed": 7},
    "seconds_of_last_run": 12,
    "hardware": "2 cores",
    "sha256": "ab" * 32,
}


def card_at(path: Path, **changes) -> ModelCard:
    return ModelCard(path, "Attribute network, labeller", "make train", "celeba", METRICS | changes)


def test_card_text_has_the_figures_and_the_terms_of_the_data():
    text = model_card_text(card_at(Path("faces.labeller.h5")))
    assert text.startswith("# Attribute network, labeller: faces.labeller.h5\n")
    for line in (
        "| AUC | 0.9123 |",
        "| calibration error | 0.02 |",
        "| seed | 7 |",
        "| command | `make train` |",
        f"| SHA-256 of the file | `{'ab' * 32}` |",
    ):
        assert line in text
    assert TERMS["celeba"] in text
    assert FAULTS["celeba"] in text
    assert "`faces.labeller.json`" in text


def test_card_of_a_generator_has_its_distances():
    text = model_card_text(card_at(Path("a.h5"), means={}, distances={"frechet": 3.25}))
    assert "| frechet | 3.25 |" in text


def test_written_card_has_all_metrics_and_the_hardware(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "hardware", lambda: "a machine")
    (tmp_path / "a.labeller.h5").write_bytes(b"numbers")
    write_model_card(card_at(tmp_path / "a.labeller.h5", extra=np.float32(0.5)))
    metrics = json.loads((tmp_path / "a.labeller.json").read_text())
    assert (metrics["hardware"], metrics["extra"], metrics["means"]["AUC"]) == ("a machine", 0.5, 0.91234)
    text = (tmp_path / "a.labeller.md").read_text()
    assert "a machine" in text
    assert metrics["sha256"] == file_sha256(tmp_path / "a.labeller.h5")
    assert metrics["sha256"] in text
    assert METRICS["hardware"] == "2 cores"  # the caller's figures stay


@pytest.mark.parametrize("kind", ["celeba", "utkface", "folder", "known-axes"])
def test_every_kind_of_data_has_terms_and_faults(kind):
    assert Data(kind=kind).kind in TERMS
    assert kind in FAULTS


def test_card_of_several_data_sets_has_the_terms_of_each():
    text = model_card_text(replace(card_at(Path("faces.encoder.h5")), data_kind="celeba+utkface"))
    for kind in ("celeba", "utkface"):
        assert TERMS[kind] in text
        assert FAULTS[kind] in text
