from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
NOTEBOOK = ROOT / "notebooks" / "explore.ipynb"


@pytest.fixture
def editor(finished):
    pytest.importorskip("ipywidgets")
    from pipelines.editing.notebook import FaceEditor
    from pipelines.recipe.load import load_recipe
    from pipelines.runs.finished_run import open_run

    return FaceEditor(open_run(load_recipe(str(finished))), seed=3)


@pytest.fixture
def local_editor(finished_with_regressor):
    pytest.importorskip("ipywidgets")
    from pipelines.editing.notebook import FaceEditor
    from pipelines.recipe.load import load_recipe
    from pipelines.runs.finished_run import open_run

    return FaceEditor(open_run(load_recipe(str(finished_with_regressor))), seed=3, strictness=3.0)


def row_of(editor, name):
    """Slider, lock and score of an attribute, as the editor shows them."""
    rows = [row.children for row in editor.children[1].children]
    return next(row for row in rows if row[0].description == name)


def message_of(editor) -> str:
    return editor.children[0].children[2].value


def press(editor, text: str) -> None:
    (button,) = [button for button in editor.children[0].children[1].children if button.description == text]
    button.click()


def test_notebook_runs_from_the_first_cell_to_the_last(finished, home):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    # The toy's sphere of eight dimensions does not reach as far from every face.
    changes = {'"celeba64"': repr(str(finished)), "seed=7": "seed=3", "Smiling=0.9": "Smiling=0.6"}
    for cell in notebook.cells:
        for old, new in changes.items():
            cell.source = cell.source.replace(old, new)
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": ROOT}}).execute()
    printed = [
        "".join(output.get("text", "") + str(output.get("data", "")) for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
    assert len(printed) == 5
    assert "toy: 4 axes" in printed[0]
    assert "Bald" in printed[1]
    assert "after:" in printed[2]
    assert "FaceEditor" in printed[2]
    assert "face.npy" in printed[4]
    assert (home / "runs" / "toy" / "notebook" / "face.png").is_file()


def test_notebook_stores_no_outputs():
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells)


def test_slider_edits_the_face_and_undo_takes_it_back(editor):
    slider, _, _ = row_of(editor, "Smiling")
    before = editor.image.copy(), slider.value
    slider.value += 1.0
    assert editor.session.values["Smiling"] == pytest.approx(before[1] + 1.0)
    assert not np.array_equal(editor.image, before[0])
    press(editor, "undo")
    assert slider.value == pytest.approx(before[1])
    np.testing.assert_array_equal(editor.image, before[0])


def test_lock_keeps_the_value_and_disables_the_slider(editor):
    slider, lock, _ = row_of(editor, "Bald")
    value = editor.session.values["Bald"]
    lock.value = True
    assert slider.disabled
    editor.set("Smiling", editor.session.values["Smiling"] + 0.5)
    assert editor.session.values["Bald"] == pytest.approx(value)
    lock.value = False
    assert editor.session.locks == ()


def test_refusal_is_shown_and_the_session_goes_on(editor):
    latent = editor.session.latent
    editor.set("Smiling", 1e6)
    assert "does not reach" in message_of(editor)
    np.testing.assert_array_equal(editor.session.latent, latent)
    editor.set("Smiling", editor.session.values["Smiling"] + 0.1)
    assert message_of(editor) == ""


def test_edit_takes_the_texts_of_the_command_line(editor):
    editor.edit("Smiling=0.6")
    assert editor.session.probabilities["Smiling"] == pytest.approx(0.6)
    before = editor.session.values["Smiling"]
    editor.edit("Smiling=-0.25")
    assert editor.session.values["Smiling"] == pytest.approx(before - 0.25)
    editor.edit("Smiling")
    assert "NAME=NUMBER" in message_of(editor)


def test_sliders_show_the_predictions_of_the_regressor_where_there_is_one(local_editor):
    axes = local_editor.run.axes
    assert (local_editor.session.method, local_editor.session.strictness) == ("local", 3.0)
    slider, _, _ = row_of(local_editor, "Smiling")
    row = axes.index("Smiling")
    assert slider.value == pytest.approx(axes.regressor(local_editor.session.latent[None])[0, row], abs=0.01)
    assert (slider.min + slider.max) / 2 == pytest.approx(axes.regressor.offsets[row])
    local_editor.edit("Smiling=0.6")
    assert local_editor.session.probabilities["Smiling"] == pytest.approx(0.6, abs=0.001)
    assert message_of(local_editor) == ""


@pytest.mark.filterwarnings("error")
def test_local_edit_that_stops_early_is_told_and_kept(local_editor):
    local_editor.edit("Smiling=+400")
    assert "Smiling changed by" in message_of(local_editor)
    slider, _, _ = row_of(local_editor, "Smiling")
    assert slider.value == pytest.approx(local_editor.session.values["Smiling"])
    press(local_editor, "undo")
    assert message_of(local_editor) == ""


def test_editor_may_be_straight(local_editor):
    from pipelines.editing.notebook import FaceEditor

    straight = FaceEditor(local_editor.run, seed=3, method="straight")
    assert straight.session.held == ("Male", "Young")
    assert straight.session.values["Smiling"] == pytest.approx(local_editor.session.values["Smiling"] - 0.5)
