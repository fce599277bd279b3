"""Why a step would run, as a value."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.workflow.freshness import (
    DAMAGED,
    FRESH,
    MISSING,
    PARTIAL,
    STALE,
    Freshness,
    changes_between,
    check_freshness,
)
from pipelines.workflow.ledger import Ledger
from pipelines.workflow.paths import run_folder
from pipelines.workflow.step import Step
from tests.pipelines.workflow.toy_steps import toy
from tlgan.storage.row_files import RowDataset, RowWriter


def done(step: Step) -> None:
    step.output.parent.mkdir(parents=True, exist_ok=True)
    step.output.write_text("done")


def report(**changes) -> Step:
    """A step whose output has one place, whatever its fingerprint."""
    return toy(place=lambda fingerprint: run_folder("toy") / "report.html", **changes)


def test_freshness_of_an_output_before_after_and_deleted(home):
    ledger, step = Ledger("toy"), toy()
    assert check_freshness(step, ledger) == Freshness(MISSING)
    done(step)
    assert check_freshness(step, ledger) == Freshness(FRESH)  # whoever made it
    ledger.record(step, 1.5)
    assert check_freshness(step, Ledger("toy")) == Freshness(FRESH)
    step.output.unlink()
    assert check_freshness(step, Ledger("toy")) == Freshness(MISSING, ("its file is gone",))


def test_a_file_in_one_place_is_fresh_only_for_the_step_that_wrote_it(home):
    step = report()
    done(step)
    assert check_freshness(step, Ledger("toy")) == Freshness(MISSING)
    Ledger("toy").record(step, 0.1)
    assert check_freshness(step, Ledger("toy")) == Freshness(FRESH)
    changed = report(version=2)
    assert check_freshness(changed, Ledger("toy")) == Freshness(STALE, ("the stage's code changed",))
    assert check_freshness(changed, Ledger("other")) == Freshness(MISSING)


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
def test_stale_step_names_its_changes(home, changes, reasons):
    ledger = Ledger("toy")
    ledger.record(toy(), 1.0)
    assert check_freshness(toy(**changes), Ledger("toy")) == Freshness(STALE, reasons)


def test_tuples_and_lists_are_equal_parameters(home):
    Ledger("toy").record(toy(parameters={"base": ["Male", "Young"]}), 1.0)
    entry = Ledger("toy").entries["fit toy"]
    assert changes_between(entry, toy(parameters={"base": ("Male", "Young")})) == ()


def write_rows(step: Step, capacity: int, count: int) -> None:
    try:
        with RowWriter(step.output, [RowDataset("scores", (2,), "<f4")], capacity, {}) as writer:
            writer.append({"scores": np.zeros((count - writer.done, 2))})
            if count < capacity:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass


def test_rows_are_partial_fresh_and_partial_again(home):
    ledger = Ledger("toy")
    step = toy(rows=10)
    assert check_freshness(step, ledger) == Freshness(MISSING)
    write_rows(step, 10, 4)
    assert check_freshness(step, ledger) == Freshness(PARTIAL, ("4 of 10 rows",))
    write_rows(step, 10, 10)
    assert check_freshness(step, ledger) == Freshness(FRESH)
    assert check_freshness(toy(rows=3), ledger) == Freshness(FRESH)
    more = toy(rows=30)
    assert check_freshness(more, ledger) == Freshness(PARTIAL, ("10 of 30 rows",))
    write_rows(more, 30, 20)
    assert check_freshness(more, ledger) == Freshness(PARTIAL, ("20 of 30 rows",))
    assert check_freshness(step, ledger) == Freshness(FRESH)


def test_freshness_as_text():
    assert str(Freshness(FRESH)) == "fresh"
    assert str(Freshness(STALE, ("a changed", "b: 1 → 2"))) == "stale (a changed; b: 1 → 2)"


def test_a_damaged_row_file_is_neither_fresh_nor_written_over(home):
    step = toy(rows=10)
    write_rows(step, 10, 10)
    whole = step.output.read_bytes()
    for position in (100, 2100):  # in the checksum and in what it covers
        step.output.write_bytes(whole[:position] + b"x" + whole[position + 1 :])
        found = check_freshness(step, Ledger("toy"))
        assert found.name == DAMAGED
        assert str(step.output) in found.reasons[0]
    assert step.output.exists()
