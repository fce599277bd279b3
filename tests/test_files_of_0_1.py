"""Recipes, artefacts, axis files and checkpoints that version 0.1 wrote are read and stay fresh."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from models.kinds.attribute_cnn import AttributeCnnOptions
from models.training.trainer import TEST, TRAIN, VALIDATION, TrainingImages
from pipelines.commands.main import main
from pipelines.recipe.load import load_recipe
from tlgan import edit_latents, import_axes, read_axes

FILES = Path(__file__).parent / "files_of_0_1"
SAMPLES = "samples-ef0e0486686f00ae.h5"


@pytest.fixture
def home(tmp_path, monkeypatch):
    for folder in ("artifacts", "runs"):
        shutil.copytree(FILES / folder, tmp_path / folder)
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    return tmp_path


def run(*arguments):
    result = CliRunner().invoke(main, [*arguments], env={"COLUMNS": "300"}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_samples_and_labels_of_an_old_run_are_fresh_and_what_follows_is_made_again(home):
    printed = run("run", str(FILES / "toy.toml"))
    for stage in ("sample", "label toy.labeller"):
        assert f"{stage}: fresh" in printed
    assert printed.count(": fresh") == 2
    assert "fit toy.labeller: stale (the stage's code changed" in printed
    assert run("run", str(FILES / "toy.toml")).count(": fresh") == 6


@pytest.mark.network
def test_old_samples_grow_by_the_rows_that_follow(home):
    with h5py.File(FILES / "artifacts" / SAMPLES) as file:
        before = {name: file[name][...] for name in ("latents", "images")}
    run("sample", str(FILES / "toy.toml"), "-s", "sample.count=220")
    with h5py.File(home / "artifacts" / SAMPLES) as file:
        for name, rows in before.items():
            assert file[name].shape[0] == 220
            np.testing.assert_array_equal(file[name][:200], rows)


@pytest.mark.network
def test_old_weights_draw_the_same_pictures():
    from models import load_generator

    generator = load_generator(FILES / "artifacts/weights/toy.generator.h5")
    with h5py.File(FILES / "artifacts" / SAMPLES) as file:
        drawn = generator(file["latents"][...]).astype(int)
        assert np.abs(drawn - file["images"][...]).max() <= 1  # another backend may round another way
        assert (drawn != file["images"][...]).mean() < 1e-3


@pytest.mark.parametrize("name", ["toy.axes.h5", "toy.csv", "toy.json", "toy.npz"])
def test_old_axis_files_are_read(name):
    path = FILES / "runs/toy/axes" / name
    axes = read_axes(path) if name.endswith(".axes.h5") else import_axes([path])[0]
    assert set(axes.names) == {"Male", "Young", "Smiling", "Bald"}
    reference = read_axes(FILES / "runs/toy/axes/toy.axes.h5")
    order = [axes.names.index(attribute) for attribute in reference.names]
    np.testing.assert_allclose(axes.directions[order], reference.directions, atol=1e-6)


def test_old_axes_edit_latents():
    axes = read_axes(FILES / "runs/toy/axes/toy.axes.h5")
    latents = np.random.default_rng(0).standard_normal((3, 8))
    assert np.abs(edit_latents(axes, latents, {"Smiling": 1.0}) - latents).max() > 1e-3


def training_images():
    images = np.random.default_rng(0).integers(0, 255, (24, 8, 8, 3)).astype("uint8")
    split = np.repeat([TRAIN, VALIDATION, TEST], [20, 2, 2])
    labels = np.zeros((24, 1), "float32")
    return TrainingImages("faces", images, labels, split, ["a"], ["binary"], [""])


@pytest.mark.network
def test_old_checkpoints_are_continued():
    from models.training.classifier import ClassifierTrainer
    from models.training.gan.progressive_gan import ProgressiveGanTrainer

    options = load_recipe(str(FILES / "toy.toml")).networks["generator"]
    gan = ProgressiveGanTrainer(options, "generator", training_images())
    gan.restore(FILES / "gan.checkpoint.h5")
    assert gan.progress == 8
    assert np.isfinite(list(gan.train_step().values())).all()
    options = AttributeCnnOptions(widths=(6,), depths=(1,), batch=16)
    classifier = ClassifierTrainer(options, "labeller", training_images())
    classifier.restore(FILES / "classifier.checkpoint.h5")
    assert classifier.progress == 1
    assert np.isfinite(classifier.train_step()["loss"])
