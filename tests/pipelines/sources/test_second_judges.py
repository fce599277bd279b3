"""Second judges: which attributes they share with the judge, and which networks may not be one."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.recipe.load import load_recipe
from pipelines.sources.second_judges import second_judge_sources, shared_attributes, shared_scores
from tlgan.errors import UserError

KNOWN = ("Male", "Smiling", "Young")
JUDGES = (("Male", "Age"), ("neutral", "happy", "Male"))
SAME_AS = {"Smiling": "happy", "Young": "-Age"}


def test_attributes_are_found_by_name_or_by_the_other_name_and_may_run_the_other_way():
    shared = shared_attributes(KNOWN, JUDGES, SAME_AS)
    assert [tuple(one) for one in shared] == [
        ("Male", 0, 0, 1.0),
        ("Smiling", 1, 1, 1.0),
        ("Young", 0, 1, -1.0),
    ]
    scores = [np.array([[1.0, 30.0]]), np.array([[0.0, 5.0, 9.0]])]
    np.testing.assert_array_equal(shared_scores(scores, shared), [[1, 5, -30]])


@pytest.mark.parametrize(
    ("same_as", "words"),
    [
        ({"Smiling": "smile"}, "'smile' is no attribute of a second judge"),
        ({"Laughing": "happy"}, "'Laughing' is no attribute of the judge"),
    ],
)
def test_names_that_nobody_has_are_refused(same_as, words):
    with pytest.raises(UserError, match=words):
        shared_attributes(KNOWN, JUDGES, same_as)


def test_judges_that_share_nothing_are_refused():
    with pytest.raises(UserError, match=r"must know an attribute of the judge.*`evaluate\.same_as`"):
        shared_attributes(KNOWN, [["happy"]], {})


def test_a_network_that_labelled_the_samples_is_no_second_judge(toy_recipe, toy_weights):
    assert second_judge_sources(load_recipe(str(toy_recipe))) == ()
    labeller = f"evaluate.second_judges=['{toy_weights}/toy.labeller.h5']"
    with pytest.raises(UserError, match=r"`evaluate\.second_judges` must be another network"):
        second_judge_sources(load_recipe(str(toy_recipe), (labeller,)))
