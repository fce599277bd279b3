"""The same recipe gives the same artefacts; another batch size changes no more than rounding."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.kill import differences
from pipelines.planning.plan import make_plan
from pipelines.planning.run import run
from pipelines.recipe.load import load_recipe
from tests.pipelines.conftest import write_toy_recipe
from tlgan.formats.axis_file import read_axes
from tlgan.storage.row_files import map_rows

pytestmark = pytest.mark.network
ROWS = 600


def run_toy(recipe_path, home, monkeypatch):
    """Run the toy recipe in a home of its own."""
    monkeypatch.setenv("TLGAN_HOME", str(home))
    recipe = load_recipe(str(recipe_path))
    run(recipe, make_plan(recipe))
    return make_plan(recipe)


def test_the_same_recipe_gives_the_same_artefacts(toy_results, tmp_path, monkeypatch):
    run_toy(toy_results.parent / "toy.toml", tmp_path / "again", monkeypatch)
    assert differences(toy_results, tmp_path / "again") == []


@pytest.mark.parametrize("rows", [1, 37])
def test_another_batch_size_changes_no_more_than_rounding(
    toy_weights, toy_results, tmp_path, monkeypatch, rows
):
    monkeypatch.setattr("models.inference.batch_size.count_fitting_rows", lambda *_: rows)
    plan = run_toy(write_toy_recipe(tmp_path, toy_weights), tmp_path / "other", monkeypatch)
    first, second = (
        {
            "latents": map_rows(folder / plan.sample.output.name, "latents", ROWS),
            "images": np.array(map_rows(folder / plan.sample.output.name, "images", ROWS), int),
            "directions": read_axes(folder / plan.axes.output.name).directions,
        }
        for folder in (toy_results / "artifacts", tmp_path / "other" / "artifacts")
    )
    np.testing.assert_array_equal(first["latents"], second["latents"])
    assert np.abs(first["images"] - second["images"]).max() <= 1
    cosines = (first["directions"] * second["directions"]).sum(axis=1)
    assert cosines.min() > 1 - 1e-4, cosines
