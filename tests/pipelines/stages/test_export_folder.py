"""The folder of exported axes is replaced as a whole."""

from __future__ import annotations

import numpy as np
import pytest

import tlgan.formats.import_export as import_export
from pipelines.recipe.load import load_recipe
from pipelines.stages.export import plan_export
from pipelines.workflow.manifest import NAME
from tests.pipelines.workflow.toy_steps import toy
from tlgan.axes.axes import axes_from_directions
from tlgan.errors import UserError
from tlgan.formats.axis_file import write_axes


@pytest.fixture
def orthogonalized(home):
    """A step whose axis file is written."""
    step = toy(stage="orthogonalize")
    step.output.parent.mkdir(parents=True)
    write_axes(axes_from_directions(["Smiling"], np.eye(1, 4), latent_space="normal"), step.output)
    return step


def run_export(toy_recipe, orthogonalized, *settings):
    step = plan_export(load_recipe(str(toy_recipe), settings), orthogonalized)
    step.work(step)
    return step.output


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_export_leaves_no_file_of_formats_that_are_no_longer_asked_for(toy_recipe, orthogonalized):
    run_export(toy_recipe, orthogonalized, "export.formats=['npz', 'interfacegan']")
    folder = run_export(toy_recipe, orthogonalized, "export.formats=['csv']")
    assert names_in(folder) == [NAME, "toy.csv"]
    assert names_in(folder.parent) == ["axes"]


def test_failed_export_leaves_the_old_folder(toy_recipe, orthogonalized, monkeypatch):
    folder = run_export(toy_recipe, orthogonalized, "export.formats=['npz', 'csv']")
    write = import_export.export_axes

    def fail_at_csv(axes, destination, form):
        if form == "csv":
            raise UserError("cannot")
        return write(axes, destination, form)

    monkeypatch.setattr(import_export, "export_axes", fail_at_csv)
    with pytest.raises(UserError, match="cannot"):
        run_export(toy_recipe, orthogonalized, "export.formats=['json', 'csv']")
    assert names_in(folder) == [NAME, "toy.csv", "toy.npz"]
    assert names_in(folder.parent) == ["axes"]
