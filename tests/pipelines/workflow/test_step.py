"""What a fingerprint covers."""

from __future__ import annotations

import json

import pytest

from pipelines.workflow.paths import in_cache
from pipelines.workflow.step import fingerprint_of
from tests.pipelines.workflow.toy_steps import toy


@pytest.mark.parametrize(
    "changes",
    [
        {"stage": "label"},
        {"version": 2},
        {"parameters": {"family": "binomial", "held_out": 0.1}},
        {"parameters": {"family": "gaussian"}},
        {"inputs": {"sample": "aa", "label": "bc"}},
        {"inputs": {"sample": "bb", "label": "aa"}},
    ],
)
def test_what_changes_the_result_changes_the_fingerprint(changes):
    assert toy(**changes).fingerprint != toy().fingerprint


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "fit other"},
        {"rows": 99},
        {"place": in_cache("others")},
        {"parameters": {"held_out": 0.1, "family": "gaussian"}},
        {"inputs": {"label": "bb", "sample": "aa"}},
    ],
)
def test_what_does_not_change_the_result_keeps_the_fingerprint(changes):
    assert toy(**changes).fingerprint == toy().fingerprint


def test_golden_fingerprint():
    """A change of this number makes every cached artefact of every user stale."""
    assert toy().fingerprint[:16] == "a84eef038b9a2e70"


def test_fingerprint_of_equal_content_is_equal():
    assert fingerprint_of({"a": 1, "b": [2.5]}) == fingerprint_of({"b": (2.5,), "a": 1})
    assert fingerprint_of([]) == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"


def test_attributes_of_an_artefact_name_its_step():
    attributes = toy().attributes()
    assert attributes["format"] == "tlgan.fit"
    assert attributes["fingerprint"] == toy().fingerprint
    assert json.loads(attributes["params_json"]) == {"family": "gaussian", "held_out": 0.1}
    assert json.loads(attributes["inputs_json"]) == {"sample": "aa", "label": "bb"}
    assert set(attributes) >= {"format_version", "stage_version", "tlgan_version", "created_utc"}
