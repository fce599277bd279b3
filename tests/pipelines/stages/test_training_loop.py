"""The training loop with a trainer that counts: which state is published, and what is written beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import ClassVar

import keras
import numpy as np
import pytest
from PIL import Image

from models.training.trainer import PublishedNetwork, Trainer
from models.weights.weight_file import read_weights
from pipelines.artifacts.model_card import ModelCard, card_entry
from pipelines.stages.training_loop import TrainingFiles, TrainingLimits, run_training
from pipelines.workflow.checked_json import read_json

pytestmark = pytest.mark.network
OFTEN = TrainingLimits(checkpoint_seconds=-1.0, measure_seconds=-1.0)


@dataclass(frozen=True)
class Shape:
    size: int = 1


class CountingTrainer(Trainer):
    """Its only number is the steps taken; its figure is smallest after three of six."""

    checkpoint_kind: ClassVar[str] = "counting"
    unit: ClassVar[str] = "steps"
    remedy: ClassVar[str] = "Count slower"
    watched: str = "distance"

    def __init__(self):
        super().__init__()
        self.number = keras.Variable([0.0])
        self.begun = False

    @property
    def total(self):
        return 6

    def begin(self):
        self.begun = True

    def train_step(self):
        if self.finished:
            return None
        self.progress += 1
        self.number.assign([float(self.progress)])
        return {"loss": 1.0 / self.progress}

    def variables(self):
        return {"number": self.number}

    def identity(self):
        return {}

    def measure(self):
        return {"distance": abs(self.progress - 3.0)}

    def publish(self):
        arrays = {"number": np.array(self.number)}
        return [PublishedNetwork("counter", "counter", Shape(), arrays)], {"distances": self.measure()}


class PlainTrainer(CountingTrainer):
    watched: str = ""


@pytest.fixture
def files(tmp_path):
    return TrainingFiles(tmp_path / "counting.checkpoint.h5", tmp_path / "run")


@pytest.fixture
def card(tmp_path):
    metrics = {"parameters": {"seed": 0}, "inputs": {}, "fingerprint": "f"}
    return ModelCard(tmp_path / "a.counter.h5", "Counter", "count", "folder", metrics)


def published(card):
    return float(read_weights(card.weights).variables["number"][0])


def test_state_with_the_best_watched_figure_is_published(files, card):
    assert run_training(CountingTrainer(), files, card, OFTEN) is True
    assert published(card) == 3
    assert read_json(files.best_figures, "")[0] == {"steps": 3, "distance": 0.0}
    metrics = json.loads((files.folder / "metrics.json").read_text())
    assert metrics["schedule_finished"] is True
    assert card_entry(card.weights) == {"fingerprint": "f"}


def test_last_state_is_published_where_no_figure_is_watched(files, card):
    assert run_training(PlainTrainer(), files, card, OFTEN) is True
    assert published(card) == 6


def test_best_state_is_remembered_over_runs_in_pieces(files, card):
    pieces = TrainingLimits(minutes=1e-9, checkpoint_seconds=-1.0, measure_seconds=-1.0)
    for step in range(1, 6):
        assert run_training(CountingTrainer(), files, card, pieces) is False
        assert published(card) == min(step, 3)
        assert card_entry(card.weights) == {"fingerprint": ""}  # not finished: the next run goes on
    assert run_training(CountingTrainer(), files, card, pieces) is True
    assert published(card) == 3


def test_a_training_begins_once_and_then_resumes(files, card):
    first, second = CountingTrainer(), CountingTrainer()
    run_training(first, files, card, TrainingLimits(minutes=1e-9))
    run_training(second, files, card, TrainingLimits(minutes=1e-9))
    assert (first.begun, second.begun) == (True, False)


def test_a_new_training_forgets_the_best_state_of_another(files, card):
    run_training(CountingTrainer(), files, card, OFTEN)
    files.checkpoint.unlink()
    run_training(CountingTrainer(), files, card, TrainingLimits(minutes=1e-9, measure_seconds=-1.0))
    assert published(card) == 1


def test_history_has_a_line_for_losses_and_one_for_figures(files, card):
    run_training(PlainTrainer(), files, card, OFTEN)
    lines = [json.loads(line) for line in (files.folder / "history.jsonl").read_text().splitlines()]
    assert [line["steps"] for line in lines if "loss" in line] == [1, 2, 3, 4, 5, 6]
    assert [line["distance"] for line in lines if "distance" in line] == [2, 1, 0, 1, 2, 3]


def test_history_of_steps_that_are_taken_again_is_dropped(files, card):
    run_training(PlainTrainer(), files, card, TrainingLimits(minutes=1e-9, checkpoint_seconds=-1.0))
    history = files.folder / "history.jsonl"
    first = history.read_text()
    assert len(first.splitlines()) == 1
    # A killed process had gone on after its checkpoint, and was writing a line.
    history.write_text(first + '{"steps": 2, "loss": 1.0}\n{"steps": 3, "lo')
    run_training(PlainTrainer(), files, card, TrainingLimits(checkpoint_seconds=-1.0))
    lines = [json.loads(line) for line in history.read_text().splitlines()]
    assert [line["steps"] for line in lines] == [1, 2, 3, 4, 5, 6]


def test_curves_of_the_figures_are_drawn(files, card):
    shown = replace(files, curves=(("distance", ("distance",)), ("never", ("nothing",))))
    run_training(CountingTrainer(), shown, card, OFTEN)
    with Image.open(files.folder / "curves.png") as picture:
        assert picture.size[0] < 500  # one chart


def test_no_curves_are_drawn_of_nothing(files, card):
    run_training(PlainTrainer(), files, card, OFTEN)
    assert not (files.folder / "curves.png").exists()


class PairTrainer(PlainTrainer):
    """It writes two files, of which the first names the hash of the second."""

    def publish(self):
        arrays = {"number": np.array(self.number)}
        first = PublishedNetwork("counter", "counter", Shape(), arrays, {"fact": 1}, hash_of="partner")
        return [first, PublishedNetwork("partner", "counter", Shape(2), arrays, own_card=True)], {}


def test_a_file_names_the_hash_of_its_partner(files, card):
    run_training(PairTrainer(), files, replace(card, title="Counter (counter)"), OFTEN)
    partner = read_weights(card.weights.with_name("a.partner.h5"))
    assert read_weights(card.weights).metadata == {"fact": 1, "partner_sha256": partner.sha256}
    for role in ("counter", "partner"):
        text = card.weights.with_name(f"a.{role}.md").read_text()
        assert text.startswith(f"# Counter ({role}): a.{role}.h5")
        assert read_weights(card.weights.with_name(f"a.{role}.h5")).sha256 in text
