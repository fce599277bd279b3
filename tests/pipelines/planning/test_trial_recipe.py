"""The recipe of a first look."""

from __future__ import annotations

import pytest

from pipelines.planning.trial_recipe import TrialRecipe, judge_for, recipe_text, write_recipe
from pipelines.recipe.load import load_recipe
from tlgan.errors import UserError

SAID = TrialRecipe(
    name="dcgan",
    generator="dcgan",
    labeller="celeba64",
    judge="celeba64",
    count=3_100,
    base=("Male", "Young"),
    view=None,
    view_why="",
    command="python -m pipelines try dcgan.onnx",
)


def written(folder, **changes):
    said = TrialRecipe(**{**vars(SAID), **changes})
    path = folder / "dcgan.recipe.toml"
    write_recipe(path, recipe_text(said, path))
    return load_recipe(str(path))


def test_recipe_says_what_was_found(tmp_path):
    recipe = written(tmp_path)
    assert (recipe.name, recipe.sample.generator, recipe.sample.count) == ("dcgan", "dcgan", 3_100)
    assert (recipe.label.labellers, recipe.orthogonalize.base) == (("celeba64",), ("Male", "Young"))
    assert (recipe.evaluate.judge, recipe.evaluate.always, recipe.view) == ("celeba64", False, None)


def test_view_and_names_of_any_kind_are_read_back(tmp_path):
    odd = '~/my "nets"\\gén\n😀.onnx'
    recipe = written(
        tmp_path,
        generator=odd,
        judge="",
        base=(),
        view=(0.125, 0.25, 0.5, 64),
        view_why="the face",
        command="python -m pipelines try 'a\nb.onnx'",
    )
    assert recipe.sample.generator == odd
    assert (recipe.view.left, recipe.view.top, recipe.view.side, recipe.view.size) == (0.125, 0.25, 0.5, 64)
    assert (recipe.evaluate.judge, recipe.orthogonalize.base) == ("", ())


def test_recipe_is_never_written_over(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("mine")
    with pytest.raises(UserError, match="is there already"):
        write_recipe(path, "new")
    assert path.read_text() == "mine"
    with pytest.raises(UserError, match=r"cannot be written .*--out"):
        write_recipe(tmp_path / "none" / "mine.toml", "new")


def test_judge_is_another_network_of_the_labellers_name(home, tmp_path):
    assert judge_for("celeba64") == "celeba64"
    assert judge_for("nonesuch") == ""
    assert judge_for(str(tmp_path / "net.labeller.onnx")) == ""
