"""The recipe `known-axes` from nothing: drawn faces, and a network trained on them that labels portraits."""

from __future__ import annotations

import json

import h5py
import pytest

from pipelines.planning.plan import plan
from pipelines.planning.run import run
from pipelines.recipe.load import load_recipe
from pipelines.sources.synthetic import ORACLE
from pipelines.workflow.freshness import state_of
from pipelines.workflow.ledger import Ledger
from pipelines.workflow.step import find

TINY = (
    "known_axes.resolution=8",
    "data.resolution=8",
    "data.count=120",
    "networks.labeller.widths=[8]",
    "networks.labeller.depths=[1]",
    "networks.labeller.epochs=1",
    f"evaluate.judge='{ORACLE}'",
    "sample.count=300",
)


@pytest.mark.network
def test_own_network_is_trained_once_then_read(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    recipe = load_recipe("known-axes", TINY)
    steps = plan(recipe, until="label")
    assert [step.title for step in steps] == [
        "prepare",
        "train labeller",
        "sample",
        "label known-axes.labeller",
    ]
    assert run(recipe, steps) == 4
    assert run(recipe, plan(recipe, until="label")) == 0
    with h5py.File(find(steps, "classifier").output) as file:
        card = json.loads(file.attrs["card"])
    assert card["mirror"] is False  # the light comes from one side
    units = dict(zip(card["names"], card["units"], strict=True))
    assert (units["Smiling"], units["Age"], units["Light"]) == ("logit", "years", "")
    other = load_recipe("known-axes", (*TINY, "networks.labeller.seed=9"))
    states = {step.title: state_of(step, Ledger("known-axes")).name for step in plan(other, until="label")}
    assert states == {
        "prepare": "fresh",
        "train labeller": "stale",
        "sample": "fresh",
        "label known-axes.labeller": "stale",
    }
    text = find(steps, "classifier").output.with_suffix(".md").read_text()
    assert "drawn by this program" in text
