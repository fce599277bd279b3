"""Stage `train`: tiny networks, interrupted and resumed, published with card, metrics and previews."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

import pipelines.stages.train
import pipelines.stages.training_loop
from models.kinds import NETWORK_KINDS
from models.loaders.labeller import load_labeller
from models.training.classifier import ClassifierTrainer
from models.training.gan.progressive_gan import ProgressiveGanTrainer
from models.weights.weight_file import read_weights
from pipelines.planning.plan import plan_networks
from pipelines.recipe.load import load_recipe
from pipelines.stages.train import checkpoint_path
from pipelines.stages.training_loop import TrainingLimits
from pipelines.workflow.freshness import check_freshness
from pipelines.workflow.ledger import Ledger
from tests.pipelines.one_line_errors import check_one_line
from tlgan.evaluation.classifier_metrics import BINARY_SCORES
from tlgan.storage.file_hash import file_sha256
from tlgan.storage.row_files import map_rows

pytestmark = pytest.mark.network


def step_of(path, name, *overrides):
    return plan_networks(load_recipe(str(path), overrides), [name])[-1]


def state(path, name, *overrides) -> str:
    return str(check_freshness(step_of(path, name, *overrides), Ledger("people")))


def checkpoint_of(path, *overrides):
    options = load_recipe(str(path), overrides).networks["generator"]
    return checkpoint_path(step_of(path, "generator", *overrides), options)


def interrupt_at(patch, trainer, progress: int) -> None:
    """Ctrl-C in the middle of the step that begins after `progress`."""
    train_step = trainer.train_step

    def interrupted(self):
        if self.progress == progress:
            signal.raise_signal(signal.SIGINT)
        return train_step(self)

    patch.setattr(trainer, "train_step", interrupted)


def checkpoint_at_every_step(patch) -> None:
    patch.setattr(TrainingLimits.__init__, "__defaults__", (None, None, None, 0.0, 900.0))


def test_an_interrupted_training_goes_on_and_ends_like_one_in_pieces(
    people_recipe, home, command, monkeypatch
):
    with monkeypatch.context() as patch:
        interrupt_at(patch, ProgressiveGanTrainer, 16)
        status, _, err = command("gan", people_recipe)
    assert (status, err.strip()) == (130, "Interrupted.")
    assert state(people_recipe, "generator") == "missing"
    assert not list((home / "artifacts").rglob("*.generator.h5"))
    with h5py.File(checkpoint_of(people_recipe)) as file:
        assert file.attrs["progress"] == 24  # the step was made to its end
    assert not list((home / "artifacts").rglob("*.lock"))
    status, out, _ = command("train", people_recipe, "generator")
    assert status == 0
    assert "resumes after 24 images of 48" in out
    assert "prepare: fresh" in out
    assert state(people_recipe, "generator") == "fresh"
    assert "train generator: fresh" in command("gan", people_recipe)[1]
    output = step_of(people_recipe, "generator").output
    resumed = read_weights(output)
    assert resumed.kind == "generator"
    assert resumed.metadata["images_seen"] == 48
    # The generator draws, by its name, and the discriminator lies beside it.
    status, _, err = command("sample", people_recipe, "-s", "sample.count=20")
    assert status == 0, err
    assert read_weights(home / "artifacts/weights/people.discriminator.h5").kind == "discriminator"
    metrics = json.loads((home / "artifacts/weights/people.generator.json").read_text())
    assert metrics["images_seen"] == 48
    assert metrics["schedule_finished"] is True
    assert metrics == json.loads((home / "runs/people/generator/metrics.json").read_text()) | {
        "hardware": metrics["hardware"],
        "command": f"python -m pipelines train {people_recipe} generator",
        "sha256": file_sha256(home / "artifacts/weights/people.generator.h5"),
    }
    card = (home / "artifacts/weights/people.generator.md").read_text()
    for words in ("non-commercial", "python -m pipelines train", "seed", "Known faults and biases"):
        assert words in card

    # Stopped by the clock after each step, published each time, with previews at every checkpoint.
    for path in (checkpoint_of(people_recipe), home / "runs/people/steps.json", output):
        path.unlink()
    checkpoint_at_every_step(monkeypatch)
    status, out, _ = command("gan", people_recipe, "--minutes", "1e-9")
    assert status == 0
    assert "train generator: stopped after" in out
    assert read_weights(output).metadata["images_seen"] == 8
    metrics = json.loads((home / "artifacts/weights/people.generator.json").read_text())
    assert metrics["schedule_finished"] is False
    assert state(people_recipe, "generator") == "missing"  # not noted as done: the next run goes on
    status, out, _ = command("gan", people_recipe)
    assert status == 0
    assert "resumes after 8 images" in out
    previews = sorted(path.name for path in (home / "runs/people/generator").glob("preview-*.png"))
    assert previews[0] == "preview-00000008.png"
    assert previews[-1] == "preview-00000048.png"
    lines = (home / "runs/people/generator/history.jsonl").read_text().splitlines()
    history = [json.loads(line) for line in lines]
    losses = [entry["images"] for entry in history if "generator" in entry]
    assert losses[-6:] == [8, 16, 24, 32, 40, 48]
    assert all(np.isfinite(list(entry.values())).all() for entry in history)
    again = read_weights(output)
    for name, values in resumed.variables.items():
        np.testing.assert_allclose(values, again.variables[name], rtol=2e-3, atol=1e-3, err_msg=name)


def test_longer_schedules_continue_and_other_trainings_begin_anew(people_recipe):
    longer = "networks.generator.schedule=[{resolution=8, fade_images=0, stable_images=99, batch=8}]"
    assert checkpoint_of(people_recipe, longer) == checkpoint_of(people_recipe)
    assert checkpoint_of(people_recipe, "networks.generator.weights=other") == checkpoint_of(people_recipe)
    for change in ("latent_dim=5", "loss=wgan-gp", "seed=2"):
        assert checkpoint_of(people_recipe, f"networks.generator.{change}") != checkpoint_of(people_recipe)
    assert checkpoint_of(people_recipe, "data.seed=2") != checkpoint_of(people_recipe)


def test_a_checkpoint_named_on_the_command_line_is_continued(people_recipe, command, tmp_path):
    elsewhere = tmp_path / "elsewhere.h5"
    assert command("gan", people_recipe, "--minutes", "1e-9", "--compact", elsewhere)[0] == 0
    size = checkpoint_of(people_recipe).stat().st_size
    assert elsewhere.stat().st_size < size
    checkpoint_of(people_recipe).unlink()
    status, out, _ = command(
        "gan", people_recipe, "--resume", elsewhere, "-s", "networks.generator.learning_rate=0.001"
    )
    assert status == 0
    assert "resumes after 8 images" in out
    check_one_line(command("gan", people_recipe, "--resume", tmp_path / "none.h5"), "no such checkpoint")


def test_a_second_ctrl_c_ends_at_once_and_leaves_the_last_checkpoint(people_recipe, command, monkeypatch):
    def hasty(self):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("goes on")

    monkeypatch.setattr(ProgressiveGanTrainer, "train_step", hasty)
    assert command("gan", people_recipe)[0] == 130
    assert not checkpoint_of(people_recipe).exists()


def test_a_training_that_diverges_keeps_its_last_checkpoint(people_recipe, command, monkeypatch):
    def diverging(self):
        if self.progress == 16:
            return {"discriminator": float("nan")}
        self.progress += 8
        return {"discriminator": 1.0}

    monkeypatch.setattr(ProgressiveGanTrainer, "train_step", diverging)
    checkpoint_at_every_step(monkeypatch)
    result = command("gan", people_recipe)
    check_one_line(result, checkpoint_of(people_recipe), "after 16 images", "Lower `learning_rate`")
    with h5py.File(checkpoint_of(people_recipe)) as file:
        assert file.attrs["progress"] == 16


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("generator.schedule=[]", "`schedule` must have at least one phase"),
        (
            "generator.schedule=[{resolution=16, fade_images=0, stable_images=8, batch=8}]",
            "with resolutions of (4, 8) that never fall. Got [16]",
        ),
        ("generator.maps=[4]", "`maps` must have one entry for each of (4, 8)"),
        ("generator.start=nonesuch", "`generator` must be a file or one of"),
        ("generator.discriminator=projected", "Fetch it with `make backbone`"),
        ("labeller.batch=500", "`batch` must be at most the number of training faces"),
        ("labeller.widths=[4, 4]", "`depths` must have one entry per width (2). Got 1."),
        ("labeller.architecture=application", "must be a network of keras.applications"),
    ],
)
def test_impossible_trainings_are_a_line(people_recipe, command, override, words):
    name = override.partition(".")[0]
    check_one_line(command("train", people_recipe, name, "-s", f"networks.{override}"), words)


def test_an_unknown_network_is_a_line(people_recipe, command):
    check_one_line(
        command("train", people_recipe, "judges"), "(it has: generator, labeller, judge). Got 'judges'"
    )


def test_a_recipe_without_a_network_of_the_kind_is_a_line(toy_recipe, command):
    check_one_line(command("gan", toy_recipe), "must hold a network of kind 'progressive-gan'")


def test_a_split_without_test_faces_is_a_line(people_recipe, command):
    check_one_line(
        command("classifier", people_recipe, "-s", "data.split=[0.99, 0.005, 0.005]"),
        "must hold faces to train, calibrate and test. Got 94, 0, 0.",
    )


def test_a_damaged_checkpoint_is_a_line_with_the_mend(people_recipe, command):
    checkpoint = checkpoint_of(people_recipe)
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_bytes(b"no checkpoint")
    check_one_line(command("gan", people_recipe), checkpoint, "Delete it to train from the beginning.")


def test_labeller_and_judge_are_trained_scored_and_found_by_name(people_recipe, home, command, monkeypatch):
    with monkeypatch.context() as patch:
        interrupt_at(patch, ClassifierTrainer, 10)
        status, _, err = command("classifier", people_recipe)
    assert (status, err.strip()) == (130, "Interrupted.")
    status, out, _ = command("classifier", people_recipe)
    assert status == 0
    assert "resumes after 11 steps of" in out  # the step that Ctrl-C met was made to its end
    assert [state(people_recipe, name) for name in ("labeller", "judge")] == ["fresh"] * 2
    assert "train labeller: fresh" in command("classifier", people_recipe)[1]
    changed = "networks.judge.epochs=2"
    assert state(people_recipe, "judge", changed) == "stale (epochs: 1 → 2)"
    assert state(people_recipe, "labeller", changed) == "fresh"

    folder = home / "artifacts/weights"
    metrics = json.loads((folder / "people.labeller.json").read_text())
    assert metrics["test_identities_are_held_out"] is True
    assert 10 < metrics["test_faces"] < 30
    assert len(metrics["attributes"]) == 40
    assert set(metrics["attributes"]["Male"]) == {*BINARY_SCORES, "uncalibrated_error", "n"}
    assert metrics["attributes"]["Smiling"]["auc"] > 0.9  # red, as planted
    assert set(metrics["means"]) >= {"accuracy", "auc", "majority"}
    card = (folder / "people.labeller.md").read_text()
    for words in ("non-commercial", "python -m pipelines train", "Known faults and biases"):
        assert words in card

    labeller, judge = (load_labeller("people", role) for role in ("labeller", "judge"))
    assert labeller.names[:2] == ("5_o_Clock_Shadow", "Arched_Eyebrows")
    assert labeller.sha256 != judge.sha256
    configs = [read_weights(folder / f"people.{role}.h5").config for role in ("labeller", "judge")]
    assert [config["architecture"] for config in configs] == ["residual", "plain"]
    prepare, _ = plan_networks(load_recipe(str(people_recipe)), ["labeller"])
    faces = np.array(map_rows(prepare.output, "images"))
    assert labeller(faces).shape == (len(faces), 40)


def test_a_folder_of_images_with_every_kind_of_label(people_recipe, tmp_path, command):
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
    overrides = ["data.kind=folder", f"data.path='{folder}'", "networks.labeller.epochs=20"]
    status, out, err = command(
        "classifier", people_recipe, *(part for item in overrides for part in ("-s", item))
    )
    assert status == 0, err
    assert "Left out, since categorical: Mood" in out
    labeller = load_labeller("people")
    assert (labeller.names, labeller.kinds) == (("Bright", "Age"), ("binary", "continuous"))
    assert labeller.units == ("logit", "years")
    levels = np.linspace(0.1, 0.9, 9)
    shades = (40 + 160 * levels).astype(np.uint8)
    scores = labeller(np.broadcast_to(shades[:, None, None, None], (9, 8, 8, 3)))
    assert np.corrcoef(scores[:, 1], 20 + 60 * levels)[0, 1] > 0.9
    assert 20 < scores[:, 1].mean() < 80  # years, not deviations
    output = step_of(people_recipe, "labeller").output
    metrics = json.loads(output.with_suffix(".json").read_text())
    assert set(metrics["attributes"]["Age"]) == {"mean_absolute_error", "r2", "n"}
    assert metrics["test_identities_are_held_out"] is False  # nobody said who is who
    assert "their terms hold" in output.with_suffix(".md").read_text()


def test_a_labeller_that_diverges_is_a_line(people_recipe, command, monkeypatch):
    monkeypatch.setattr(ClassifierTrainer, "train_step", lambda self: {"loss": float("nan")})
    check_one_line(command("classifier", people_recipe), "diverged", "Lower the `learning_rate`")
    assert not step_of(people_recipe, "labeller").output.exists()


def test_loop_names_no_kind_of_network():
    modules = (pipelines.stages.train, pipelines.stages.training_loop)
    source = "".join(Path(module.__file__).read_text(encoding="utf-8") for module in modules)
    for kind in NETWORK_KINDS:
        for word in (kind.name, kind.stage, *kind.former_title.split()):
            assert f'"{word}"' not in source


def test_weights_that_another_recipe_wrote_are_not_fresh(people_recipe, command, tmp_path):
    """The card beside the weights says which training wrote them, whatever the ledger remembers."""
    assert command("gan", people_recipe)[0] == 0
    assert state(people_recipe, "generator") == "fresh"
    other = tmp_path / "other.toml"
    other.write_text(people_recipe.read_text().replace('name = "people"', 'name = "other"', 1))
    assert str(check_freshness(step_of(other, "generator"), Ledger("other"))) == "fresh"
    changed = "networks.generator.seed=2"
    assert command("gan", other, "-s", changed)[0] == 0
    assert state(people_recipe, "generator") != "fresh"


def test_weights_to_start_from_count_in_the_fingerprint(people_recipe, toy_weights, tmp_path):
    copies = []
    for name, content in (("a", b"1"), ("b", b"2")):
        copies.append(tmp_path / f"{name}.generator.h5")
        copies[-1].write_bytes((toy_weights / "toy.generator.h5").read_bytes() + content)
    steps = [step_of(people_recipe, "generator", f"networks.generator.start='{path}'") for path in copies]
    assert steps[0].inputs["start"] != steps[1].inputs["start"]


def test_options_for_one_network_are_refused_for_several(people_recipe, command, tmp_path):
    result = command("classifier", people_recipe, "--compact", tmp_path / "c.h5")
    check_one_line(result, "`--compact` must be for one network. Got labeller, judge.")
