"""What a recipe remembers of its steps."""

from __future__ import annotations

import json

import pytest

from pipelines.workflow.ledger import Ledger
from tests.pipelines.workflow.toy_steps import toy


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", '"text"', b"\xff\xfe"])
def test_damaged_ledger_counts_as_empty(home, content):
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


def test_output_found_is_recorded_without_seconds(home):
    ledger, step = Ledger("toy"), toy()
    ledger.record(toy(version=0), 3.0)
    ledger.record_found(step)
    assert Ledger("toy").entries[step.title]["fingerprint"] == step.fingerprint
    assert Ledger("toy").entries[step.title]["seconds"] is None
    ledger.record(step, 5.0)
    ledger.record_found(step)
    assert Ledger("toy").entries[step.title]["seconds"] == 5.0


def test_entries_of_another_process_stay(home):
    one, other = Ledger("toy"), Ledger("toy")
    one.record(toy(), 1.0)
    other.record(toy(title="label toy"), 2.0)
    assert Ledger("toy").entries.keys() == {"fit toy", "label toy"}
    one.note("count", {"count": 3})
    assert one.entries.keys() == {"fit toy", "label toy", "count"}


def test_a_ledger_with_a_wrong_byte_counts_as_empty(home):
    ledger = Ledger("toy")
    ledger.record(toy(), 1.0)
    text = ledger.path.read_text(encoding="utf-8")
    ledger.path.write_text(text.replace('"held_out": 0.1', '"held_out": 0.2'), encoding="utf-8")
    assert Ledger("toy").entries == {}


@pytest.mark.parametrize(
    "entry",
    [
        [1],
        "text",
        None,
        5,
        {"parameters": [1]},
        {"inputs": "x"},
        {"seconds": "1"},
        {"count": 0},
        {"count": "9"},
    ],
    ids=str,
)
def test_entries_of_another_shape_count_as_none(home, entry):
    ledger = Ledger("toy")
    ledger.record(toy(), 1.0)
    content = {**json.loads(ledger.path.read_text()), "label toy": entry}
    del content["checksum"]  # as earlier versions wrote
    ledger.path.write_text(json.dumps(content))
    assert Ledger("toy").entries.keys() == {"fit toy"}


def test_nested_ledger_counts_as_empty(home):
    ledger = Ledger("toy")
    ledger.path.parent.mkdir(parents=True)
    ledger.path.write_text('{"fit toy":' * 100_000)
    assert Ledger("toy").entries == {}
