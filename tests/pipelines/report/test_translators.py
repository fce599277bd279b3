"""Strips of a recipe's translators: which faces they show, what is told, and when the page is made anew."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.weights.locate import weights_folder
from pipelines.planning.plan import plan_networks
from pipelines.planning.run import run
from pipelines.recipe.load import load_recipe
from pipelines.report import translators
from pipelines.report.template import template
from pipelines.report.translators import shown_faces, translator_figures, translator_inputs
from tests.pipelines.painting_translator import SMILING, painting_translator
from tlgan.storage.row_files import map_rows, read_attributes

NETWORKS = """
[networks.smile]
kind = "fader"
weights = "painting"
attributes = ["Smiling"]
[networks.light]
kind = "shared-autoencoder"
domain = "Light"
"""
SAMPLED = np.full((6, 8, 8, 3), 90, np.uint8)


def write_weights_of(name, **card):
    weights_folder().mkdir(parents=True, exist_ok=True)
    (weights_folder() / f"{name}.translator.h5").write_bytes(b"")
    (weights_folder() / f"{name}.translator.json").write_text(json.dumps(card))


@pytest.fixture
def recipe(tmp_path, home, monkeypatch):
    """A recipe of drawn faces with two translators, of which one is trained: `painting_translator`."""
    monkeypatch.setattr("pipelines.sources.translators._load", lambda path: painting_translator(SMILING))
    path = tmp_path / "drawn.toml"
    text = 'name = "drawn"\n[sample]\ngenerator = "known-axes"\n[label]\nlabellers = ["known-axes-factors"]\n'
    text += '[known_axes]\nresolution = 16\n[data]\nkind = "known-axes"\nresolution = 16\ncount = 80\n'
    path.write_text(text + NETWORKS)
    write_weights_of("painting", distances={"error": 0.02, "missed_changes": 0.25})
    return load_recipe(str(path))


def test_faces_that_no_training_saw_are_redrawn_and_changed(recipe):
    faces = shown_faces(recipe)
    run(recipe, [faces])
    figures, told = translator_figures(recipe, faces, SAMPLED)
    figure = figures["translator-smile"]
    assert figure.columns == ("row", "Smiling")
    assert len(figure.rows) == 4
    assert {value for _, value in figure.rows} == {0.0, 1.0}  # of both levels
    rows, values = zip(*figure.rows, strict=True)
    assert (np.asarray(map_rows(faces.output, "split"))[list(rows)] == 2).all()
    column = list(read_attributes(faces.output)["names"]).index("Smiling")
    np.testing.assert_array_equal(np.asarray(map_rows(faces.output, "labels"))[list(rows), column], values)
    smile, light = told
    assert (smile["figure"], smile["seen"], smile["error"]) == ("translator-smile", 0.75, 0.02)
    assert (light["figure"], light["weights"], light["seen"]) == ("", "light", None)


def test_pictures_of_the_sample_are_shown_where_no_photographs_are_prepared(people_recipe, monkeypatch):
    people_recipe.write_text(people_recipe.read_text() + NETWORKS)
    monkeypatch.setattr("pipelines.sources.translators._load", lambda path: painting_translator(SMILING))
    recipe = load_recipe(str(people_recipe))
    assert shown_faces(recipe) is None  # no translator is trained
    write_weights_of("painting")
    assert shown_faces(recipe) is None  # none of its photographs is prepared
    figures, told = translator_figures(recipe, None, SAMPLED)
    assert [row for row, _ in figures["translator-smile"].rows] == [0, 1, 2, 3]
    assert (told[0]["prepared"], told[0]["seen"]) == (False, None)
    (prepare,) = plan_networks(recipe, ())
    run(recipe, [prepare])
    assert shown_faces(recipe).output == prepare.output


def test_photographs_that_are_not_here_are_no_error(people_recipe):
    people_recipe.write_text(people_recipe.read_text() + NETWORKS)
    write_weights_of("painting")
    recipe = load_recipe(str(people_recipe), ("data.path=gone",))
    assert shown_faces(recipe) is None


def test_the_page_depends_on_the_translators_that_are_trained(recipe):
    faces = shown_faces(recipe)
    before = translator_inputs(recipe, faces)
    assert set(before) == {"translator smile", "faces"}
    assert translator_inputs(recipe, None).keys() == {"translator smile"}
    write_weights_of("light")
    assert set(translator_inputs(recipe, faces)) == {"translator smile", "translator light", "faces"}
    assert translators.translator_inputs(load_recipe("celeba64"), None) == {}


def test_the_page_tells_the_share_and_how_to_train_what_is_missing(recipe):
    told = [
        {
            "name": "smile",
            "weights": "painting",
            "figure": "a",
            "prepared": True,
            "seen": 0.75,
            "error": 0.02,
        },
        {"name": "light", "weights": "light", "figure": "", "prepared": True, "seen": None, "error": None},
    ]
    page = template("translators.html").render(recipe=recipe, translators=told, figures={"a": "data:"})
    assert "its labeller sees 75.0 % of the changes" in page
    assert "which no training saw" in page
    assert f"light (light) is not trained yet: <code>{recipe.command('train', 'light')}</code>" in page
