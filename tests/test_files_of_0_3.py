"""What version 0.3 wrote is read with the same numbers, and its stages stay fresh."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from models.kinds.attribute_cnn import AttributeCnnOptions
from pipelines.artifacts.evaluation_file import read_arrays, read_evaluation
from pipelines.artifacts.fits_file import read_fits, read_stability
from pipelines.artifacts.regressor_file import read_regressor_file
from pipelines.commands.main import main
from pipelines.editing.web.gallery import Gallery
from pipelines.images.picture_note import read_note
from pipelines.recipe.load import load_recipe
from pipelines.runs.verify import SOUND, verify
from pipelines.workflow.manifest import folder_entry
from tests.test_files_of_0_1 import training_images
from tlgan import edit_latents, import_axes, read_axes
from tlgan.editing.local_edit import EditStoppedWarning
from tlgan.latents.sampling import draw_latents
from tlgan.storage.row_files import map_rows, read_attributes

FILES = Path(__file__).parent / "files_of_0_3"
AXES = FILES / "runs/toy/axes"
ATTRIBUTES = ("Male", "Young", "Smiling", "Bald")
WITH_REGRESSOR = ("toy.axes.h5", "toy.npz", "toy.safetensors")
STEPS = ("sample", "label toy.labeller", "regress", "label toy.judge")


def artefact(pattern: str) -> Path:
    (path,) = (FILES / "artifacts").glob(pattern)
    return path


@pytest.fixture
def home(tmp_path, monkeypatch):
    shutil.copytree(FILES, tmp_path / "home")
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def run(*arguments):
    result = CliRunner().invoke(main, [*arguments], env={"COLUMNS": "300"}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


# Where a stage's version is raised, its steps count as stale from then on: take them out here. 0.4 fits anew.
@pytest.mark.network
def test_steps_of_an_old_run_are_fresh_up_to_the_fit(home):
    printed = run("evaluate", str(home / "toy.toml"))
    for step in STEPS:
        assert f"{step}: fresh" in printed
    assert "fit toy.labeller: stale (the stage's code changed" in printed


def test_every_old_file_is_sound(home):
    findings = list(verify())
    assert {finding.path.name: finding.reason for finding in findings if finding.state != SOUND} == {}
    own = [finding.path for finding in findings if finding.path.is_relative_to(home)]
    assert len(own) == 9 + 3 + 2, own  # artefacts, networks, the ledger and the exported folder


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("samples-*.h5", {"latents", "images"}),
        ("labels-*.h5", {"scores"}),
        ("rescores-*.h5", {"scores", "unedited", "moved", "identity"}),
    ],
)
def test_old_rows_are_read_as_they_lie_in_the_file(pattern, names):
    for path in (FILES / "artifacts").glob(pattern):
        assert read_attributes(path)["tlgan_version"] == "0.3.0"
        with h5py.File(path) as file:
            assert names <= set(file)
            for name in set(file) - {"rows_done", "checksums"}:
                np.testing.assert_array_equal(np.asarray(map_rows(path, name)), file[name][...])


def test_old_fits_are_read_as_they_lie_in_the_file():
    path = artefact("fits-*.h5")
    fits, units = read_fits(path)
    assert (fits.names, units) == (ATTRIBUTES, ("logit",) * 4)
    with h5py.File(path) as file:
        np.testing.assert_array_equal(fits.coefficients, file["coefficients"][...])
        np.testing.assert_array_equal(fits.standard_errors, file["standard_errors"][...])
        stability = read_stability(path)
        assert set(stability) == set(file["stability"])
        assert len(stability) > 0


def test_old_evaluation_is_read_as_it_lies_in_the_file():
    path = artefact("evaluation-*.json")
    tables = read_evaluation(path)
    assert tables["edits"] == ["raw", "orthogonalized", "local"]
    written = json.loads(path.read_bytes())
    assert len(written.pop("checksum")) == 64
    assert tables == written
    arrays = read_arrays(path)
    with h5py.File(path.with_suffix(".h5")) as file:
        for name, values in arrays.items():
            np.testing.assert_array_equal(values, file[name][...])
    assert len(arrays) > 3


@pytest.mark.parametrize("path", sorted(AXES.glob("toy.*")), ids=lambda path: path.name)
def test_old_axis_files_are_read_with_their_regressor(path):
    axes = import_axes([path], latent_space="sphere")[0]
    reference = read_axes(AXES / "toy.axes.h5")
    order = [axes.names.index(name) for name in reference.names]
    np.testing.assert_allclose(axes.directions[order], reference.directions, atol=1e-6)
    assert (axes.regressor is not None) == (path.name in WITH_REGRESSOR)
    if axes.regressor is not None:
        latents = draw_latents(0, 5, 8, space="sphere", seed=1)
        np.testing.assert_allclose(axes.regressor(latents), reference.regressor(latents), atol=1e-6)


def test_old_boundaries_are_read():
    axes = import_axes([AXES / "interfacegan"], latent_space="sphere")[0]
    reference = read_axes(AXES / "toy.axes.h5")
    names = [name.partition("_c_")[0] for name in axes.names]  # "Smiling_c_Male_Young": given these two
    order = [names.index(name) for name in reference.names]
    np.testing.assert_allclose(axes.directions[order], reference.directions, atol=1e-6)


def test_old_regressor_is_that_of_the_axes():
    alone = read_regressor_file(artefact("regressors-*.h5"))
    latents = draw_latents(0, 5, 8, space="sphere", seed=2)
    np.testing.assert_array_equal(alone(latents), read_axes(artefact("axes-*.h5")).regressor(latents))


def test_old_axes_edit_as_they_did():
    """`edit.npy` was written by `edit --seed 3 --set Smiling=+1 --lock Male`."""
    face = draw_latents(0, 1, 8, space="sphere", seed=3)
    with pytest.warns(EditStoppedWarning, match=r"\+0.604 of \+1 logit"):
        edited = edit_latents(read_axes(AXES / "toy.axes.h5"), face, {"Smiling": 1.0}, lock=["Male"])
    np.testing.assert_allclose(edited[0], np.load(FILES / "edit.npy"), atol=1e-6)


@pytest.mark.network
def test_old_picture_gives_its_edit_back(home):
    out, latent = home / "again.png", home / "again.npy"
    arguments = ["--from", str(FILES / "edit.png"), "--out", str(out), "--latent-out", str(latent)]
    run("edit", str(home / "toy.toml"), *arguments)
    np.testing.assert_allclose(np.load(latent), np.load(FILES / "edit.npy"), atol=1e-6)


def test_old_notes_are_read():
    note = read_note(FILES / "edit.png")
    assert (note.command, note.seeds, note.tlgan_version) == ("edit", (3,), "0.3.0")
    assert note.edit["changes"] == ["Smiling=+1"]
    assert note.edit["locks"] == ["Male"]
    note = read_note(FILES / "walk.gif")
    assert (note.command, note.seeds) == ("walk", (3,))


def test_old_saved_face_is_read():
    gallery = Gallery(FILES / "runs/toy/gallery")
    (key,) = gallery.keys()
    face = gallery.face(key)
    assert face["title"] == "smiles more"
    assert face["state"]["changes"] == {"Smiling": 1.0}
    latent = np.load(gallery.file(key, "latent.npy"))
    start = draw_latents(0, 1, 8, space="sphere", seed=3)
    edited = edit_latents(read_axes(AXES / "toy.axes.h5"), start, {"Smiling": 1.0})
    np.testing.assert_allclose(latent, edited[0], atol=1e-6)


def test_old_manifest_fits_its_folder():
    entry = folder_entry(AXES)
    assert "damage" not in entry
    ledger = json.loads((FILES / "runs/toy/steps.json").read_bytes())
    assert entry["fingerprint"] == ledger["export"]["fingerprint"]


@pytest.mark.network
def test_old_weights_draw_the_same_pictures():
    from models import load_generator

    generator = load_generator(FILES / "artifacts/weights/toy.generator.h5")
    path = artefact("samples-*.h5")
    drawn = generator(np.asarray(map_rows(path, "latents"))).astype(int)
    pictures = np.asarray(map_rows(path, "images"))
    assert np.abs(drawn - pictures).max() <= 1  # another backend may round another way
    assert (drawn != pictures).mean() < 1e-3


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
