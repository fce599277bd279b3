"""The number of samples of a bound: noted once, and forgotten where anything that it depends on changes."""

from __future__ import annotations

import pytest

from pipelines.planning.sample_count import PILOT, note_count, with_count, with_known_count
from pipelines.recipe.load import load_recipe
from pipelines.stages.sample import plan_sample

UNTIL = ("sample.until=3 degrees", "sample.count=50000")


def recipe_of(*overrides):
    return load_recipe("known-axes", (*UNTIL, *overrides))


def known_count(recipe) -> int:
    return with_known_count(recipe, plan_sample(recipe)).sample.count


def test_with_count_fixes_the_number_and_drops_the_bound():
    recipe = with_count(recipe_of(), 700)
    assert (recipe.sample.count, recipe.sample.until) == (700, "")
    assert recipe.sample.seed == recipe_of().sample.seed


def test_known_count_is_the_pilots_at_first(home):
    assert known_count(recipe_of()) == PILOT
    assert known_count(recipe_of("sample.count=300")) == 300


def test_known_count_is_that_which_was_noted(home):
    recipe = recipe_of()
    note_count(recipe, plan_sample(recipe), 7_000)
    assert known_count(recipe_of()) == 7_000
    found = with_known_count(recipe, plan_sample(recipe))
    assert found.sample.until == ""


@pytest.mark.parametrize(
    "change",
    [
        "sample.until=2 degrees",
        "sample.count=60000",
        "sample.until_attributes=['Male']",
        "sample.seed=1",
        "known_axes.seed=1",
        "label.labellers=['known-axes-factors']",
        "fit.family=gaussian",
        "fit.held_out=0.2",
    ],
)
def test_known_count_is_forgotten_where_the_settings_change(home, change):
    recipe = recipe_of("label.labellers=['other.h5']")
    note_count(recipe, plan_sample(recipe), 7_000)
    assert known_count(recipe_of("label.labellers=['other.h5']")) == 7_000
    assert known_count(recipe_of("label.labellers=['other.h5']", change)) == PILOT


def test_known_count_stays_where_other_sections_change(home):
    recipe = recipe_of()
    note_count(recipe, plan_sample(recipe), 7_000)
    assert known_count(recipe_of("report.strips=1", "orthogonalize.method=lowdin")) == 7_000
