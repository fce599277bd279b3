"""Stage `gan`: a tiny training, interrupted and resumed, published with card, metrics and previews."""

from __future__ import annotations

import json
import signal

import h5py
import numpy as np
import pytest

import pipelines.stages.gan
from models.training.progressive_gan import GanTrainer
from models.weights.weight_file import read_weights
from pipelines.evaluation.gan_distances import measure, shrink
from pipelines.planning.plan import plan_training
from pipelines.recipe.load import load_recipe
from pipelines.stages.gan import checkpoint_path
from pipelines.workflow.freshness import check_freshness
from pipelines.workflow.ledger import Ledger
from tests.pipelines.one_line_errors import check_one_line

pytestmark = pytest.mark.network


def gan_of(path, *overrides):
    return plan_training(load_recipe(str(path), overrides), "gan")[-1]


def state(path, *overrides) -> str:
    return str(check_freshness(gan_of(path, *overrides), Ledger("people")))


def checkpoint_of(path, *overrides):
    return checkpoint_path(load_recipe(str(path), overrides), gan_of(path, *overrides))


def interrupting(patch, at: int) -> None:
    """Ctrl-C in the middle of the step that begins after `at` images, between its two networks."""
    compiled = GanTrainer._step

    def step(self, name, *key):
        if name == "generator" and self.images_seen == at:
            signal.raise_signal(signal.SIGINT)
        return compiled(self, name, *key)

    patch.setattr(GanTrainer, "_step", step)


@pytest.fixture(scope="module")
def shared() -> dict:
    """What one test trained, for the others to compare with."""
    return {}


def test_an_interrupted_training_goes_on_and_is_published(people_recipe, home, command, monkeypatch, shared):
    with monkeypatch.context() as patch:
        interrupting(patch, 16)
        status, _, err = command("gan", people_recipe)
    assert (status, err.strip()) == (130, "Interrupted.")
    assert state(people_recipe) == "missing"
    assert not list((home / "artifacts").rglob("*.generator.h5"))
    with h5py.File(checkpoint_of(people_recipe)) as file:
        assert file.attrs["progress"] == 24  # the step was made to its end
    assert not list((home / "artifacts").rglob("*.lock"))
    status, out, _ = command("gan", people_recipe)
    assert status == 0
    assert "resumes after 24 images" in out
    assert "prepare: fresh" in out
    assert state(people_recipe) == "fresh"
    assert "gan: fresh" in command("gan", people_recipe)[1]
    weights = read_weights(gan_of(people_recipe).output)
    assert weights.kind == "generator"
    assert weights.card["images_seen"] == 48
    shared["resumed"] = weights.variables
    # The generator draws, by its name, and the discriminator lies beside it.
    status, _, err = command("sample", people_recipe, "-s", "sample.count=20")
    assert status == 0, err
    assert read_weights(home / "artifacts/weights/people.discriminator.h5").kind == "discriminator"
    metrics = json.loads((home / "artifacts/weights/people.generator.json").read_text())
    assert metrics["images_seen"] == 48
    assert metrics["schedule_finished"] is True
    assert metrics == json.loads((home / "runs/people/gan/metrics.json").read_text()) | {
        "hardware": metrics["hardware"]
    }
    card = (home / "artifacts/weights/people.generator.md").read_text()
    for words in ("non-commercial", "python -m pipelines gan", "seed", "Known faults and biases"):
        assert words in card


def test_a_training_in_pieces_ends_like_the_interrupted_one(
    people_recipe, home, command, monkeypatch, shared
):
    """Stopped by the clock after each step, published each time, with previews at every checkpoint."""
    monkeypatch.setattr(pipelines.stages.gan, "CHECKPOINT_SECONDS", 0.0)
    status, out, _ = command("gan", people_recipe, "--minutes", "1e-9")
    assert status == 0
    assert "gan: stopped after" in out
    assert read_weights(gan_of(people_recipe).output).card["images_seen"] == 8
    metrics = json.loads((home / "artifacts/weights/people.generator.json").read_text())
    assert metrics["schedule_finished"] is False
    assert state(people_recipe) == "missing"  # not noted as done: the next run goes on
    status, out, _ = command("gan", people_recipe)
    assert status == 0
    assert "resumes after 8 images" in out
    assert state(people_recipe) == "fresh"
    previews = sorted(path.name for path in (home / "runs/people/gan").glob("preview-*.png"))
    assert previews[0] == "preview-00000008.png"
    assert previews[-1] == "preview-00000048.png"
    history = [json.loads(line) for line in (home / "runs/people/gan/history.jsonl").read_text().splitlines()]
    assert [entry["images"] for entry in history] == [8, 16, 24, 32, 40, 48]
    assert all(np.isfinite(list(entry.values())).all() for entry in history)
    weights = read_weights(gan_of(people_recipe).output)
    if "resumed" in shared:
        for name, values in shared["resumed"].items():
            np.testing.assert_allclose(values, weights.variables[name], rtol=2e-3, atol=1e-3, err_msg=name)


def test_longer_schedules_continue_and_other_trainings_begin_anew(people_recipe):
    longer = "gan.schedule=[{resolution=8, fade_images=0, stable_images=99, batch=8}]"
    assert checkpoint_of(people_recipe, longer) == checkpoint_of(people_recipe)
    assert checkpoint_of(people_recipe, "gan.name=other") == checkpoint_of(people_recipe)
    for change in ("gan.latent_dim=5", "gan.loss=wgan-gp", "gan.seed=2", "data.seed=2"):
        assert checkpoint_of(people_recipe, change) != checkpoint_of(people_recipe)


def test_a_second_ctrl_c_ends_at_once_and_leaves_the_last_checkpoint(people_recipe, command, monkeypatch):
    def hasty(self, images):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("goes on")

    monkeypatch.setattr(GanTrainer, "train_step", hasty)
    assert command("gan", people_recipe)[0] == 130
    assert not checkpoint_of(people_recipe).exists()


def test_a_training_that_goes_astray_keeps_its_last_checkpoint(people_recipe, command, monkeypatch):
    def astray(self, images):
        if self.images_seen == 16:
            return {"discriminator": float("nan"), "images": 8}
        self.images_seen += 8
        return {"discriminator": 1.0, "images": 8}

    monkeypatch.setattr(GanTrainer, "train_step", astray)
    monkeypatch.setattr(pipelines.stages.gan, "CHECKPOINT_SECONDS", 0.0)
    result = command("gan", people_recipe)
    check_one_line(result, checkpoint_of(people_recipe), "after 16 images", "Lower `gan.learning_rate`")
    with h5py.File(checkpoint_of(people_recipe)) as file:
        assert file.attrs["progress"] == 16


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("gan.schedule=[]", "`schedule` must have at least one phase"),
        (
            "gan.schedule=[{resolution=16, fade_images=0, stable_images=8, batch=8}]",
            "with resolutions of (4, 8) that never fall. Got [16]",
        ),
        ("gan.maps=[4]", "`maps` must have one entry for each of (4, 8)"),
    ],
)
def test_impossible_trainings_are_a_line(people_recipe, command, override, words):
    check_one_line(command("gan", people_recipe, "-s", override), words)


def test_a_damaged_checkpoint_is_a_line_with_the_mend(people_recipe, command):
    checkpoint = checkpoint_of(people_recipe)
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_bytes(b"no checkpoint")
    check_one_line(command("gan", people_recipe), checkpoint, "Delete it to train from the beginning.")


def blobs(n, seed, level):
    random = np.random.default_rng(seed)
    return np.clip(random.normal(level, 40, (n, 16, 16, 3)), 0, 255).astype(np.uint8)


def test_measure_tells_near_from_far_and_gives_the_floor(capsys):
    held_out = blobs(40, 0, 100)
    near = measure(lambda latents: blobs(len(latents), 1, 100), 4, held_out, "nonesuch")
    coarse = measure(
        lambda latents: blobs(len(latents), 1, 100)[:, ::4, ::4].repeat(4, axis=1).repeat(4, axis=2),
        4,
        held_out,
        "nonesuch",
    )
    assert near["faces_compared"] == 20
    assert near["sliced_wasserstein"] < 1.3 * near["sliced_wasserstein_floor"]
    assert coarse["sliced_wasserstein"] > 1.5 * near["sliced_wasserstein"]
    assert "frechet" not in near
    assert "no Fréchet distance" in capsys.readouterr().out
    assert "sliced_wasserstein_floor" not in measure(
        lambda latents: blobs(len(latents), 1, 100), 4, held_out, "nonesuch", floor=False
    )


def test_measure_of_too_few_photographs_is_nothing(capsys):
    assert measure(lambda latents: blobs(len(latents), 1, 100), 4, blobs(3, 0, 100), "nonesuch") == {}
    assert "too few" in capsys.readouterr().out


def test_shrink_is_the_rounded_mean_of_the_area():
    images = blobs(2, 0, 100)
    wanted = np.floor(images.reshape(2, 4, 4, 4, 4, 3).mean(axis=(2, 4)) + 0.5)
    np.testing.assert_array_equal(shrink(images, 4), wanted)
    assert shrink(images, 16) is images
