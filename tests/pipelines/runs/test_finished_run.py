"""Runs opened for the editor."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.recipe.load import load_recipe
from pipelines.runs.finished_run import open_for_editing


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
    from pipelines.runs.finished_run import OpenedRun
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
