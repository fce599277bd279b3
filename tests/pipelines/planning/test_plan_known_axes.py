"""The steps of the recipe `known-axes`."""

from __future__ import annotations

import pytest

from pipelines.planning.plan import STAGES, make_plan, plan_own_networks
from pipelines.recipe.load import load_recipe
from pipelines.sources.synthetic import KNOWN_FACTORS
from tlgan.errors import UserError

SMALL = ("known_axes.resolution=16", "data.resolution=16", "data.count=40")


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))


def test_plan_trains_only_networks_it_reads():
    plan = make_plan(load_recipe("known-axes", SMALL))
    assert [step.title for step in plan][:4] == [
        "prepare",
        "train labeller",
        "train judge",
        "sample",
    ]
    assert plan.labels[0].inputs["labeller"] == plan.training[1].fingerprint
    known_factors = load_recipe("known-axes", (*SMALL, f"label.labellers=['{KNOWN_FACTORS}']"))
    assert [step.title for step in plan_own_networks(known_factors)] == ["prepare", "train judge"]
    neither = load_recipe(
        "known-axes", (*SMALL, f"label.labellers=['{KNOWN_FACTORS}']", f"evaluate.judge='{KNOWN_FACTORS}'")
    )
    assert plan_own_networks(neither) == ()


def test_steps_have_the_names_of_their_stages():
    plan = make_plan(load_recipe("known-axes", SMALL))
    assert plan.run_evaluation is plan.evaluation
    named = (plan.sample, *plan.labels, *plan.fits, plan.regressor, plan.axes, plan.export)
    named = (*named, plan.judge_labels, plan.rescore)
    assert (*plan.training, *named, plan.evaluation, plan.report) == tuple(plan)
    for stage in STAGES:
        assert plan.until(stage)[-1].stage == stage


def test_steps_are_planned_once():
    plan = make_plan(load_recipe("known-axes", SMALL))
    assert all(first is second for first, second in zip(plan, plan, strict=True))


def test_sampling_needs_no_labeller_and_axes_need_no_judge():
    names = ("classifier.name=other", "label.labellers=['nobody']", "evaluate.judge=nobody")
    plan = make_plan(load_recipe("known-axes", (*SMALL, *names)))
    assert plan.until("sample") == (plan.sample,)
    with pytest.raises(UserError, match="`labeller` must be"):
        plan.until("label")
    plan = make_plan(
        load_recipe("known-axes", (*SMALL, names[0], names[2], f"label.labellers=['{KNOWN_FACTORS}']"))
    )
    assert plan.until("export")[-1] is plan.export
    with pytest.raises(UserError, match="`judge` must be"):
        plan.until("report")


def test_evaluation_is_planned_only_with_a_judge():
    without = load_recipe("known-axes", (*SMALL, "evaluate.judge=''"))
    assert "evaluate" not in [step.stage for step in make_plan(without)]
    assert "rescore" not in [step.stage for step in make_plan(load_recipe("known-axes", SMALL)).until("fit")]
    with pytest.raises(UserError, match=r"`evaluate\.judge` must name a judge"):
        make_plan(without).until("evaluate")


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("evaluate.seed=0", r"`evaluate\.seed` must differ"),
        ("evaluate.steps=[0.0, 1.0]", r"`evaluate\.steps`"),
        ("evaluate.steps=[1.0, 1.0]", r"`evaluate\.steps`"),
    ],
)
def test_invalid_edits_are_refused(override, words):
    with pytest.raises(UserError, match=words):
        make_plan(load_recipe("known-axes", (*SMALL, override))).until("evaluate")
