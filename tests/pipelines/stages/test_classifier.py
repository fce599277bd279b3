"""Stage `classifier`: labeller and judge trained, calibrated and scored; interrupted, resumed, refused."""

from __future__ import annotations

import json
import signal

import numpy as np
import pytest
from PIL import Image

import pipelines.stages.classifier
from models.loaders.labeller import load_labeller
from models.training.classifier import ClassifierTrainer
from models.weights.weight_file import read_weights
from pipelines.planning.plan import plan_training
from pipelines.recipe.load import load_recipe
from pipelines.workflow.freshness import check_freshness
from pipelines.workflow.ledger import Ledger
from tests.pipelines.one_line_errors import check_one_line
from tlgan.evaluation.classifier_metrics import BINARY_SCORES
from tlgan.storage.row_files import Column, RowWriter, map_rows

pytestmark = pytest.mark.network


def steps_of(path, *overrides):
    return {step.title: step for step in plan_training(load_recipe(str(path), overrides), "classifier")}


def state(path, title, *overrides) -> str:
    return str(check_freshness(steps_of(path, *overrides)[title], Ledger("people")))


def test_both_networks_are_trained_scored_and_found_by_name(people_recipe, home, command, monkeypatch):
    train_step = ClassifierTrainer.train_step

    def interrupted(self, *arguments):
        if self.step == 10:
            signal.raise_signal(signal.SIGINT)
        return train_step(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(ClassifierTrainer, "train_step", interrupted)
        status, _, err = command("classifier", people_recipe)
    assert (status, err.strip()) == (130, "Interrupted.")
    status, out, _ = command("classifier", people_recipe)
    assert status == 0
    assert "resumes at step 11 of" in out  # the step that Ctrl-C met was made to its end
    assert [state(people_recipe, title) for title in steps_of(people_recipe)] == ["fresh"] * 3
    assert "classifier labeller: fresh" in command("classifier", people_recipe)[1]
    changed = "classifier.judge.epochs=2"
    assert state(people_recipe, "classifier judge", changed) == "stale (epochs: 1 → 2)"
    assert state(people_recipe, "classifier labeller", changed) == "fresh"

    folder = home / "artifacts/weights"
    metrics = json.loads((folder / "people.labeller.json").read_text())
    assert metrics["test_identities_are_held_out"] is True
    assert 10 < metrics["test_faces"] < 30
    assert len(metrics["attributes"]) == 40
    assert set(metrics["attributes"]["Male"]) == {*BINARY_SCORES, "uncalibrated_error", "n"}
    assert metrics["attributes"]["Smiling"]["auc"] > 0.9  # red, as planted
    assert set(metrics["means"]) >= {"accuracy", "auc", "majority"}
    card = (folder / "people.labeller.md").read_text()
    for words in ("non-commercial", "python -m pipelines classifier", "Known faults and biases"):
        assert words in card

    labeller, judge = (load_labeller("people", role) for role in ("labeller", "judge"))
    assert labeller.names[:2] == ("5_o_Clock_Shadow", "Arched_Eyebrows")
    assert labeller.sha256 != judge.sha256
    configs = [read_weights(folder / f"people.{role}.h5").config for role in ("labeller", "judge")]
    assert [config["architecture"] for config in configs] == ["residual", "plain"]
    # The stored temperature is in what the labeller says: its mean certainty fits the labels it was fitted on.
    faces = np.array(map_rows(steps_of(people_recipe)["prepare"].output, "images"))
    assert labeller(faces).shape == (len(faces), 40)


def test_a_set_of_ones_own_with_every_kind_of_label(people_recipe, tmp_path, command):
    """Continuous labels are read in their unit, missing ones masked, categorical ones left out."""
    folder = tmp_path / "mine"
    folder.mkdir()
    random = np.random.default_rng(3)
    rows = ["file,Bright,Age:continuous:years,Mood"]
    for number in range(80):
        level = random.uniform(0, 1)
        Image.fromarray(np.full((8, 8, 3), 40 + 160 * level, np.uint8)).save(folder / f"{number:02d}.png")
        age = "" if number % 5 == 0 else f"{20 + 60 * level:.2f}"
        rows.append(f"{number:02d}.png,{int(level > 0.5)},{age},{'ab'[number % 2]}")
    (folder / "labels.csv").write_text("\n".join(rows))
    overrides = ["data.kind=folder", f"data.path='{folder}'", "classifier.labeller.epochs=20"]
    status, out, err = command(
        "classifier", people_recipe, *(part for item in overrides for part in ("-s", item))
    )
    assert status == 0, err
    assert "left out, since categorical: Mood" in out
    labeller = load_labeller("people")
    assert (labeller.names, labeller.kinds) == (("Bright", "Age"), ("binary", "continuous"))
    assert labeller.units == ("logit", "years")
    levels = np.linspace(0.1, 0.9, 9)
    shades = (40 + 160 * levels).astype(np.uint8)
    scores = labeller(np.broadcast_to(shades[:, None, None, None], (9, 8, 8, 3)))
    assert np.corrcoef(scores[:, 1], 20 + 60 * levels)[0, 1] > 0.9
    assert 20 < scores[:, 1].mean() < 80  # years, not deviations
    metrics = json.loads(labeller_file(people_recipe).with_suffix(".json").read_text())
    assert set(metrics["attributes"]["Age"]) == {"mean_absolute_error", "r2", "n"}
    assert metrics["test_identities_are_held_out"] is False  # nobody said who is who
    assert "their terms hold" in labeller_file(people_recipe).with_suffix(".md").read_text()


def labeller_file(path):
    return steps_of(path)["classifier labeller"].output


def test_a_training_that_goes_astray_is_a_line(people_recipe, command, monkeypatch):
    monkeypatch.setattr(ClassifierTrainer, "train_step", lambda self, images, labels: float("nan"))
    check_one_line(command("classifier", people_recipe), "went astray", "Lower the `learning_rate`")
    assert not labeller_file(people_recipe).exists()


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("classifier.labeller.batch=500", "`batch` must be at most the number of training faces"),
        ("classifier.labeller.widths=[4, 4]", "`depths` must have one entry per width (2). Got 1."),
        ("classifier.labeller.architecture=application", "must be a network of keras.applications"),
        ("data.split=[0.99, 0.005, 0.005]", "must hold faces to train, calibrate and test. Got 94, 0, 0."),
    ],
)
def test_impossible_trainings_are_a_line(people_recipe, command, override, words):
    check_one_line(command("classifier", people_recipe, "-s", override), words)


def write_faces(path, kinds, labels):
    labels = np.asarray(labels, "float32")
    columns = (
        Column("images", (8, 8, 3), "u1"),
        Column("labels", (labels.shape[1],), "<f4"),
        Column("split", (), "u1"),
    )
    names = [f"a{column}" for column in range(labels.shape[1])]
    facts = {"names_json": names, "kinds_json": kinds, "units_json": [""] * len(kinds)}
    with RowWriter(
        path, columns, len(labels), {key: json.dumps(value) for key, value in facts.items()}
    ) as writer:
        split = np.arange(len(labels)) % 3
        writer.append({"images": np.zeros((len(labels), 8, 8, 3)), "labels": labels, "split": split})


def test_labels_that_no_network_reads_are_a_line(tmp_path):
    write_faces(tmp_path / "faces.h5", ["categorical"], np.zeros((6, 1)))
    with pytest.raises(ValueError, match="must have a binary or continuous label"):
        pipelines.stages.classifier.readable_labels(tmp_path / "faces.h5")


def test_an_attribute_without_labels_is_named(tmp_path):
    path = tmp_path / "faces.h5"
    write_faces(path, ["binary", "binary"], np.where([[1, 0]], np.nan, np.ones((6, 2))))
    facts, labels = pipelines.stages.classifier.readable_labels(path)
    with pytest.raises(ValueError, match=r"Got none of a0\. Leave it out"):
        pipelines.stages.classifier._check_parts(path, labels, map_rows(path, "split"), facts["names"])
