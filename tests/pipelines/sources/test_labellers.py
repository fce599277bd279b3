"""Labellers and judges by name."""

from __future__ import annotations

import json

import pytest

from pipelines.planning.plan import make_plan
from pipelines.recipe.load import load_recipe
from pipelines.sources.generators import generator_source
from pipelines.sources.labellers import card_scores, embedder_source, judge_source, labeller_source
from pipelines.sources.source import Source
from pipelines.sources.synthetic import KNOWN_AXES
from tlgan.errors import UserError

SMALL = ("known_axes.resolution=16", "data.resolution=16", "data.count=40")


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))


def test_both_spellings_of_known_factors_have_one_fingerprint():
    plans = [
        make_plan(
            load_recipe("known-axes", (*SMALL, f"label.labellers=['{name}']", f"evaluate.judge={name}"))
        )
        for name in ("known-axes-oracle", "known-axes-factors")
    ]
    old, new = ([(step.title, step.fingerprint) for step in plan] for plan in plans)
    assert old == new


def test_a_judge_that_labelled_the_samples_is_refused(toy_recipe, toy_weights):
    judge = f"evaluate.judge='{toy_weights}/toy.labeller.h5'"
    with pytest.raises(UserError, match="another network than the labellers"):
        judge_source(load_recipe(str(toy_recipe), (judge,)))


def test_unknown_network_error_lists_the_known_ones():
    with pytest.raises(UserError, match="`labeller` must be a file or one of"):
        labeller_source(load_recipe("known-axes"), "nobody")
    assert generator_source(load_recipe("known-axes")).name == KNOWN_AXES


def test_the_embedder_is_the_one_that_the_recipe_names(toy_recipe, toy_weights):
    assert embedder_source(load_recipe(str(toy_recipe))) is None
    named = load_recipe(str(toy_recipe), (f"evaluate.embedder='{toy_weights}/toy.labeller.h5'",))
    source = embedder_source(named)
    assert source.name == "toy.labeller"
    assert source.open().same_person_threshold is None
    with pytest.raises(UserError, match="`embedder` must be a file or one of"):
        embedder_source(load_recipe(str(toy_recipe), ("evaluate.embedder=nobody",)))


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ({"attributes": {"Male": {"auc": 0.9, "r2": 0.1}, "Age": {"r2": 0.5}}}, {"Male": 0.9, "Age": 0.5}),
        ({"attributes": {"Male": {"auc": None}, "Age": "old", "Hat": {}}}, {}),
        ({"attributes": ["Male"]}, {}),
        ({}, {}),
    ],
)
def test_card_scores_are_those_of_the_cards(tmp_path, card, expected):
    weights = tmp_path / "l.labeller.h5"
    weights.with_suffix(".json").write_text(json.dumps(card))
    sources = [Source("l", "", lambda _: None, weights), Source("built in", "", lambda _: None)]
    assert card_scores(sources) == expected


def test_card_scores_of_weights_without_a_card(tmp_path):
    assert card_scores([Source("l", "", lambda _: None, tmp_path / "l.labeller.h5")]) == {}
