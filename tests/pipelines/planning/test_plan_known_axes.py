"""The steps of the recipe `known-axes`."""

from __future__ import annotations

import pytest

from pipelines.planning.plan import plan, plan_own_networks
from pipelines.recipe.load import load_recipe
from pipelines.sources.synthetic import ORACLE
from tlgan.errors import UserError

SMALL = ("known_axes.resolution=16", "data.resolution=16", "data.count=40")


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))


def test_a_plan_trains_what_it_reads_and_nothing_else():
    steps = plan(load_recipe("known-axes", SMALL))
    assert [step.title for step in steps[:4]] == [
        "prepare",
        "train labeller",
        "train judge",
        "sample",
    ]
    label = next(step for step in steps if step.title == "label known-axes.labeller")
    assert label.inputs["labeller"] == steps[1].fingerprint
    oracle = load_recipe("known-axes", (*SMALL, f"label.labellers=['{ORACLE}']"))
    assert [step.title for step in plan_own_networks(oracle)] == ["prepare", "train judge"]
    neither = load_recipe(
        "known-axes", (*SMALL, f"label.labellers=['{ORACLE}']", f"evaluate.judge='{ORACLE}'")
    )
    assert plan_own_networks(neither) == ()


def test_evaluation_is_planned_only_with_a_judge():
    without = load_recipe("known-axes", (*SMALL, "evaluate.judge=''"))
    assert "evaluate" not in [step.stage for step in plan(without)]
    assert "rescore" not in [step.stage for step in plan(load_recipe("known-axes", SMALL), until="fit")]
    with pytest.raises(UserError, match=r"`evaluate\.judge` must name a judge"):
        plan(without, until="evaluate")


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("evaluate.seed=0", r"`evaluate\.seed` must differ"),
        ("evaluate.steps=[0.0, 1.0]", r"`evaluate\.steps`"),
        ("evaluate.steps=[1.0, 1.0]", r"`evaluate\.steps`"),
    ],
)
def test_edits_that_measure_nothing_are_refused(override, words):
    with pytest.raises(UserError, match=words):
        plan(load_recipe("known-axes", (*SMALL, override)), until="evaluate")
