"""Groups of near synonyms: what a recipe may say, and what shipped recipes do say."""

from __future__ import annotations

import json

import pytest

from models.weights.locate import find_weights
from pipelines.recipe.groups import checked_groups
from pipelines.recipe.load import load_recipe
from tlgan.errors import UserError

KNOWN = ("Young", "Gray_Hair", "Male")


def test_groups_lose_their_names():
    groups = {"age": ("Young", "Gray_Hair"), "sex": ("Male", "Young")}
    assert checked_groups(groups, KNOWN) == (("Young", "Gray_Hair"), ("Male", "Young"))
    assert checked_groups({}, KNOWN) == ()


@pytest.mark.parametrize(
    ("group", "words"),
    [
        (
            ("Young", "Grey_Hair"),
            "`groups.age` must name attributes of the labellers or the judge. Got 'Grey_Hair'. ",
        ),
        (("Young", "Xyz"), "Got 'Xyz'. Correct the recipe"),
        (("Young", "Young"), "`groups.age` must name each attribute once. Got 'Young' twice."),
    ],
)
def test_groups_of_unknown_attributes_are_refused(group, words):
    with pytest.raises(UserError) as caught:
        checked_groups({"age": group}, KNOWN)
    assert words in str(caught.value)


@pytest.mark.parametrize("override", ["groups.age=['Young']", "groups.age='Young'", "groups=['Young']"])
def test_a_group_is_a_list_of_two_or_more(override):
    with pytest.raises(UserError, match=r"\$\.groups"):
        load_recipe("celeba64", (override,))


def test_groups_can_be_left_out():
    assert load_recipe("celeba64", ("groups={}",)).groups == {}
    assert load_recipe("known-axes").groups == {}


@pytest.mark.parametrize("recipe", ["celeba64", "celebahq1024"])
def test_groups_of_shipped_recipes_name_what_the_labeller_knows(recipe):
    card = json.loads(find_weights("celeba64", "labeller").with_suffix(".json").read_text(encoding="utf-8"))
    groups = load_recipe(recipe).groups
    assert checked_groups(groups, card["attributes"])
    assert groups["smile"] == ("Smiling", "High_Cheekbones", "Mouth_Slightly_Open")
