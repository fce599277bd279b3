"""Freshness: what a fingerprint covers, and why a step would run, as a value."""

from __future__ import annotations

import dataclasses
import json
import os

import numpy as np
import pytest

from pipelines.steps import (
    FRESH,
    MISSING,
    PARTIAL,
    STALE,
    Ledger,
    State,
    Step,
    changes_between,
    find,
    in_cache,
    run_folder,
    state_of,
)
from tlgan.row_files import Column, RowWriter


def toy(place=None, **changes) -> Step:
    step = Step(
        stage="fit",
        title="fit toy",
        version=1,
        parameters={"family": "gaussian", "held_out": 0.1},
        inputs={"sample": "aa", "label": "bb"},
        place=place or in_cache("fits"),
        work=lambda step: None,
    )
    return dataclasses.replace(step, **changes)


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


def test_output_is_named_by_the_fingerprint_in_the_home(home):
    step = toy()
    assert step.output == home / "artifacts" / f"fits-{step.fingerprint[:16]}.h5"


def test_home_is_the_current_folder_unless_told(monkeypatch):
    monkeypatch.delenv("TLGAN_HOME", raising=False)
    assert str(run_folder("mine")) == os.path.join("runs", "mine")


def test_artefacts_say_what_they_are():
    attributes = toy().attributes()
    assert attributes["format"] == "tlgan.fit"
    assert attributes["fingerprint"] == toy().fingerprint
    assert json.loads(attributes["params_json"]) == {"family": "gaussian", "held_out": 0.1}
    assert json.loads(attributes["inputs_json"]) == {"sample": "aa", "label": "bb"}
    assert set(attributes) >= {"format_version", "stage_version", "tlgan_version", "created_utc"}


def done(step: Step) -> None:
    step.output.parent.mkdir(parents=True, exist_ok=True)
    step.output.write_text("done")


def report(**changes) -> Step:
    """A step whose output has one place, whatever its fingerprint."""
    return toy(place=lambda fingerprint: run_folder("toy") / "report.html", **changes)


def test_missing_then_fresh_then_gone(home):
    ledger, step = Ledger("toy"), toy()
    assert state_of(step, ledger) == State(MISSING)
    done(step)
    assert state_of(step, ledger) == State(FRESH)  # whoever made it
    ledger.record(step, 1.5)
    assert state_of(step, Ledger("toy")) == State(FRESH)
    step.output.unlink()
    assert state_of(step, Ledger("toy")) == State(MISSING, ("its file is gone",))


def test_a_file_in_one_place_is_fresh_only_for_the_step_that_wrote_it(home):
    step = report()
    done(step)
    assert state_of(step, Ledger("toy")) == State(MISSING)
    Ledger("toy").record(step, 0.1)
    assert state_of(step, Ledger("toy")) == State(FRESH)
    changed = report(version=2)
    assert state_of(changed, Ledger("toy")) == State(STALE, ("the stage's code changed",))
    assert state_of(changed, Ledger("other")) == State(MISSING)


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"version": 3}, ("the stage's code changed",)),
        (
            {"parameters": {"family": "binomial", "held_out": 0.1}},
            ("family: gaussian → binomial",),
        ),
        ({"parameters": {"family": "gaussian"}}, ("held_out: 0.1 → None",)),
        (
            {"parameters": {"family": "gaussian", "held_out": 0.2, "ridge": 1}},
            ("held_out: 0.1 → 0.2", "ridge: None → 1"),
        ),
        ({"inputs": {"sample": "aa", "label": "cc"}}, ("label changed",)),
        ({"inputs": {"sample": "aa"}}, ("label changed",)),
        (
            {"version": 2, "inputs": {"sample": "x", "label": "bb"}},
            ("the stage's code changed", "sample changed"),
        ),
        (
            {"parameters": {"family": {"a": {"b": 1}}, "held_out": 0.1}},
            ("family: gaussian → None", "family.a.b: None → 1"),
        ),
    ],
)
def test_stale_says_what_changed(home, changes, reasons):
    ledger = Ledger("toy")
    ledger.record(toy(), 1.0)
    assert state_of(toy(**changes), Ledger("toy")) == State(STALE, reasons)


def test_tuples_and_lists_are_equal_parameters(home):
    Ledger("toy").record(toy(parameters={"base": ["Male", "Young"]}), 1.0)
    entry = Ledger("toy").entries["fit toy"]
    assert changes_between(entry, toy(parameters={"base": ("Male", "Young")})) == ()


def write_rows(step: Step, capacity: int, count: int) -> None:
    try:
        with RowWriter(step.output, [Column("scores", (2,), "<f4")], capacity, {}) as writer:
            writer.append({"scores": np.zeros((count - writer.done, 2))})
            if count < capacity:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass


def test_rows_are_partial_fresh_and_partial_again(home):
    ledger = Ledger("toy")
    step = toy(rows=10)
    assert state_of(step, ledger) == State(MISSING)
    write_rows(step, 10, 4)
    assert state_of(step, ledger) == State(PARTIAL, ("4 of 10 rows",))
    write_rows(step, 10, 10)
    assert state_of(step, ledger) == State(FRESH)
    assert state_of(toy(rows=3), ledger) == State(FRESH)
    more = toy(rows=30)
    assert state_of(more, ledger) == State(PARTIAL, ("10 of 30 rows",))
    write_rows(more, 30, 20)
    assert state_of(more, ledger) == State(PARTIAL, ("20 of 30 rows",))
    assert state_of(step, ledger) == State(FRESH)


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", '"text"', b"\xff\xfe"])
def test_a_damaged_ledger_is_no_ledger(home, content):
    ledger = Ledger("toy")
    ledger.path.parent.mkdir(parents=True)
    if isinstance(content, bytes):
        ledger.path.write_bytes(content)
    else:
        ledger.path.write_text(content)
    damaged = Ledger("toy")
    assert damaged.entries == {}
    damaged.record(toy(), 2.0)
    assert Ledger("toy").entries["fit toy"]["seconds"] == 2.0


def test_states_read_well():
    assert str(State(FRESH)) == "fresh"
    assert str(State(STALE, ("a changed", "b: 1 → 2"))) == "stale (a changed; b: 1 → 2)"


def test_find_wants_exactly_one():
    assert find([toy(), toy(stage="label")], "fit").stage == "fit"
    for steps in ([toy(), toy()], []):
        with pytest.raises(ValueError, match="values to unpack"):
            find(steps, "fit")


def test_a_step_that_another_did_is_noted_without_a_time(home):
    ledger, step = Ledger("toy"), toy()
    ledger.record(toy(version=0), 3.0)
    ledger.met(step)
    assert Ledger("toy").entries[step.title]["fingerprint"] == step.fingerprint
    assert Ledger("toy").entries[step.title]["seconds"] is None
    ledger.record(step, 5.0)
    ledger.met(step)
    assert Ledger("toy").entries[step.title]["seconds"] == 5.0
