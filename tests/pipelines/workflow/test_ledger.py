"""What a recipe remembers of its steps."""

from __future__ import annotations

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
