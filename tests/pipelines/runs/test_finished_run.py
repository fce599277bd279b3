"""Runs opened for the editor."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from pipelines.recipe.load import load_recipe
from pipelines.runs.finished_run import (
    OpenedRun,
    measured_gains,
    open_for_editing,
    open_run,
    seeded_latents,
)
from tests.tlgan.editing.bent_axes import make_bent_axes
from tlgan.errors import UserError
from tlgan.formats.axis_file import read_axes, write_axes
from tlgan.latents.sampling import draw_latents
from tlgan.storage.file_hash import file_sha256


@pytest.fixture
def run(finished):
    return open_run(load_recipe(str(finished)))


def test_opened_run_scores_as_the_label_stage_did(run, home):
    from tlgan.storage.row_files import map_rows

    (samples,), (labels,) = (
        list((home / "artifacts").glob(f"{kind}-*.h5")) for kind in ("samples", "labels")
    )
    latents, scores = (map_rows(path, name, 5) for path, name in ((samples, "latents"), (labels, "scores")))
    images = run.draw(latents)
    np.testing.assert_array_equal(images, map_rows(samples, "images", 5))
    np.testing.assert_allclose(run.read(latents, images), scores, rtol=1e-5)
    assert run.folder == home / "runs" / "toy"
    assert list(run.verdicts) == list(run.axes.names)


def test_attribute_without_a_labeller_is_nan(run):
    unscored = dataclasses.replace(run, labellers=())
    latents = seeded_latents(unscored, [1, 2])
    scores = unscored.read(latents, unscored.draw(latents))
    assert scores.shape == (2, 4)
    assert np.isnan(scores).all()


def test_seed_is_the_same_face_alone_and_among_others(run):
    faces = seeded_latents(run, [3, 8, 3])
    np.testing.assert_array_equal(faces[0], faces[2])
    np.testing.assert_array_equal(faces[1], draw_latents(0, 1, 8, seed=8)[0])


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "7", True])
def test_seed_must_be_a_whole_number(run, seed):
    with pytest.raises(UserError, match="seed must be a whole number"):
        seeded_latents(run, [seed])


def test_run_without_axes_says_how_to_make_them(toy_recipe):
    words = re.escape(f"python -m pipelines run {toy_recipe} -s sample.count=9")
    with pytest.raises(UserError, match=f"no axes yet.*{words}"):
        open_run(load_recipe(str(toy_recipe), ("sample.count=9",)))


def test_axes_of_another_generator_are_refused(finished, home):
    (made,) = (home / "artifacts").glob("axes-*.h5")
    exported = home / "runs" / "toy" / "axes" / "toy.axes.h5"
    write_axes(dataclasses.replace(read_axes(made), generator_sha256="0" * 64), exported)
    made.unlink()
    with pytest.raises(UserError, match=r"toy.axes.h5: the axes do not belong to this generator .*0000"):
        open_run(load_recipe(str(finished)))


def test_axes_of_another_network_of_ours_name_it(finished, home):
    (made,) = (home / "artifacts").glob("axes-*.h5")
    old = home / "artifacts" / "weights" / "old.generator.h5"
    old.parent.mkdir(parents=True, exist_ok=True)
    old.write_bytes(b"weights")
    exported = home / "runs" / "toy" / "axes" / "toy.axes.h5"
    write_axes(dataclasses.replace(read_axes(made), generator_sha256=file_sha256(old)), exported)
    made.unlink()
    with pytest.raises(UserError, match=r"fitted on 'old'; add `-s sample.generator=old`"):
        open_run(load_recipe(str(finished)))


@pytest.mark.network
def test_single_face_equals_its_row_of_the_sample(finished):
    from pipelines.planning.plan import make_plan
    from tlgan.storage.row_files import map_rows

    recipe = load_recipe(str(finished))
    run = open_for_editing(recipe)
    assert [network.batch for network in (run.generator, *run.labellers)] == [1, 1]
    sample = make_plan(recipe).sample.output
    latents, images = (np.asarray(map_rows(sample, name, 3)) for name in ("latents", "images"))
    drawn = run.draw(latents)
    assert np.abs(drawn.astype(int) - images).max() <= 1
    assert np.isfinite(run.read(latents, drawn)).all()


@pytest.mark.network
def test_labeller_of_a_part_of_the_picture_crops_it_once(tmp_path):
    from models.inference.crop import CropWindow
    from models.loaders.labeller import LoadedLabeller
    from tests.tlgan.axes.test_axes import make_fields
    from tlgan.axes.axes import Axes

    axes = Axes(**make_fields(1, 4))
    labeller = LoadedLabeller(
        name="part",
        names=axes.names,
        kinds=("continuous",),
        units=("",),
        resolution=4,
        sha256="",
        read=lambda images: (images.mean(axis=(1, 2, 3), dtype="f4")[:, None], images),
        window=CropWindow(4, left=0.5, top=0.5, side=0.5),
    )
    run = OpenedRun("toy", tmp_path, None, axes, (labeller,), {})
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)
    expected = images[:, 4:, 4:].mean(axis=(1, 2, 3), dtype="f4")
    np.testing.assert_allclose(run.read(np.zeros((3, 4)), images)[:, 0], expected, rtol=1e-6)


@pytest.mark.network
def test_a_run_with_a_view_shows_whole_pictures_and_reads_a_part(toy_recipe, home):
    from pipelines.planning.plan import make_plan
    from pipelines.planning.run import run as run_steps
    from pipelines.runs.finished_run import open_run

    overrides = ("sample.count=60", "view.size=8", "view.left=0.25", "view.side=0.5")
    recipe = load_recipe(str(toy_recipe), overrides)
    run_steps(recipe, make_plan(recipe).until("orthogonalize"))
    run = open_run(recipe)
    latents = np.random.default_rng(0).standard_normal((3, 8)).astype("float32")
    assert run.draw(latents).shape == (3, 8, 8, 3)
    assert run.view.left == 0.25
    assert np.isfinite(run.read(latents, run.draw(latents))).all()


def gain(name: str, value: float, away: float) -> dict[str, object]:
    return {"name": name, "gain": value, "gain_low": value - away, "gain_high": value + away}


def test_gains_are_those_that_are_surely_not_one():
    rows = [gain("Smiling", 0.8, 0.1), gain("Age", 0.9, 0.2), gain("Hat", 0.1, 0.05), gain("Bald", -0.2, 0.1)]
    rows.append({"name": "Male", "gain": None, "gain_low": None, "gain_high": None})
    both = {"raw": {"by_axis": rows}, "local": {"by_axis": rows}}
    found = measured_gains({"latents": 16, "by_edit": both})
    assert found == {"Smiling": 0.8, "Hat": 0.2}  # five times as much at most
    assert measured_gains({"latents": 16, "by_edit": {"raw": {"by_axis": rows}}}) == {}
    assert measured_gains({"latents": 2, "by_edit": both}) == {}  # the intervals of two faces say nothing


def test_run_with_other_gains_predicts_as_if_it_had_had_them_from_the_start(tmp_path):
    axes = make_bent_axes()
    run = OpenedRun("toy", tmp_path, None, axes, (), {})
    first, other = run.with_gains({"Age": 0.5, "Male": 0.8}), run.with_gains({"Age": 0.25})
    assert first.gains == {"Age": 0.5, "Male": 0.8}
    np.testing.assert_allclose(first.axes.regressor.scales / axes.regressor.scales, [1, 0.8, 1, 0.5])
    again = first.with_gains({"Age": 0.25})
    np.testing.assert_allclose(again.axes.regressor.scales, other.axes.regressor.scales)
    np.testing.assert_allclose(first.with_gains({}).axes.regressor.highest, axes.regressor.highest)
    assert run.gains == {}
