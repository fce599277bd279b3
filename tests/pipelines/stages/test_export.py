"""The axis file in the formats of other tools, in a folder that is whole or the old one."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.recipe.load import load_recipe
from pipelines.stages import export as stage
from pipelines.stages.export import FILE_NAMES, plan_export
from pipelines.workflow.manifest import NAME
from pipelines.workflow.paths import run_folder
from tests.pipelines.planted_fits import step_at
from tlgan.axes.axes import axes_from_directions
from tlgan.errors import UserError
from tlgan.formats.axis_file import write_axes
from tlgan.formats.import_export import FORMATS, import_axes


@pytest.fixture
def orthogonalize(home, tmp_path):
    axes = axes_from_directions(["Male", "Smiling"], np.eye(2, 4), latent_space="sphere", generator="toy")
    step = step_at(tmp_path / "toy.axes.h5", "orthogonalize")
    write_axes(axes, step.output)
    return step


def recipe_of(formats: str):
    return load_recipe("known-axes", (f"export.formats={formats}",))


def test_every_format_has_a_file_name():
    assert FILE_NAMES.keys() == FORMATS.keys()


def test_export_writes_each_format_that_is_asked_for(orthogonalize, capsys):
    step = plan_export(recipe_of("['tlgan', 'csv', 'interfacegan']"), orthogonalize)
    step.work(step)
    folder = run_folder("known-axes") / "axes"
    assert step.output == folder
    names = {path.name for path in folder.iterdir()}
    assert names == {"known-axes.axes.h5", "known-axes.csv", "interfacegan", NAME}
    for name in names - {NAME}:
        axes, _ = import_axes([folder / name])
        assert axes.names == ("Male", "Smiling")
        np.testing.assert_array_equal(axes.directions, np.eye(2, 4))
    assert "interfacegan: lost:" not in capsys.readouterr().out


def test_export_replaces_the_whole_folder(orthogonalize):
    for formats, left in (
        ("['csv', 'json']", {"known-axes.csv", "known-axes.json"}),
        ("['npz']", {"known-axes.npz"}),
    ):
        step = plan_export(recipe_of(formats), orthogonalize)
        step.work(step)
        assert {path.name for path in step.output.iterdir()} == left | {NAME}
    assert [path.name for path in step.output.parent.iterdir()] == ["axes"]


def test_failed_export_leaves_the_old_folder(orthogonalize, monkeypatch):
    step = plan_export(recipe_of("['csv']"), orthogonalize)
    step.work(step)
    monkeypatch.setitem(stage.FILE_NAMES, "npz", "missing/{}.npz")
    failing = plan_export(recipe_of("['json', 'npz']"), orthogonalize)
    with pytest.raises(UserError, match="cannot be written"):
        failing.work(failing)
    assert sorted(path.name for path in step.output.iterdir()) == [NAME, "known-axes.csv"]


def test_export_depends_on_its_formats_and_the_axes(orthogonalize):
    one, other = (plan_export(recipe_of(formats), orthogonalize) for formats in ("['csv']", "['json']"))
    assert one.fingerprint != other.fingerprint
    assert one.inputs == {"orthogonalize": orthogonalize.fingerprint}
