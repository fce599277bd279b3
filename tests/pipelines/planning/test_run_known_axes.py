"""The recipe `known-axes` from nothing: drawn faces, and a network trained on them that labels portraits."""

from __future__ import annotations

import json

import h5py
import pytest

from pipelines.planning.plan import make_plan
from pipelines.planning.run import run
from pipelines.recipe.load import load_recipe
from pipelines.sources.synthetic import KNOWN_FACTORS
from pipelines.workflow.freshness import check_freshness
from pipelines.workflow.ledger import Ledger

TINY = (
    "known_axes.resolution=8",
    "data.resolution=8",
    "data.count=120",
    "classifier.labeller.widths=[8]",
    "classifier.labeller.depths=[1]",
    "classifier.labeller.epochs=1",
    f"evaluate.judge='{KNOWN_FACTORS}'",
    "sample.count=300",
)


@pytest.mark.network
def test_own_network_is_trained_once_then_read(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    recipe = load_recipe("known-axes", TINY)
    plan = make_plan(recipe)
    assert [step.title for step in plan.until("label")] == [
        "prepare",
        "train labeller",
        "sample",
        "label known-axes.labeller",
    ]
    assert run(recipe, plan.until("label")) == 4
    assert run(recipe, make_plan(recipe).until("label")) == 0
    with h5py.File(plan.training[-1].output) as file:
        card = json.loads(file.attrs["card"])
    assert card["mirror"] is False  # the light comes from one side
    units = dict(zip(card["names"], card["units"], strict=True))
    assert (units["Smiling"], units["Age"], units["Light"]) == ("logit", "years", "")
    other = load_recipe("known-axes", (*TINY, "classifier.labeller.seed=9"))
    steps = make_plan(other).until("label")
    states = {step.title: check_freshness(step, Ledger("known-axes")).name for step in steps}
    assert states == {
        "prepare": "fresh",
        "train labeller": "stale",
        "sample": "fresh",
        "label known-axes.labeller": "stale",
    }
    text = plan.training[-1].output.with_suffix(".md").read_text()
    assert "drawn by this program" in text
