"""Exported folders say who wrote them, and whether they are as they were written."""

from __future__ import annotations

import pytest

from pipelines.workflow.freshness import FRESH, STALE, Freshness, check_freshness
from pipelines.workflow.ledger import Ledger
from pipelines.workflow.manifest import NAME, changed_files, folder_entry, write_manifest
from pipelines.workflow.paths import run_folder
from tests.pipelines.workflow.toy_steps import toy


def folder_step(**changes):
    return toy(place=lambda _: run_folder("toy") / "axes", stored_entry=folder_entry, **changes)


def export(step, text="one"):
    (step.output / "deep").mkdir(parents=True, exist_ok=True)
    (step.output / "a.csv").write_text(text)
    (step.output / "deep" / "b.npy").write_bytes(b"two")
    write_manifest(step.output, step)


@pytest.fixture
def step(home):
    export(folder_step())
    return folder_step()


def test_a_manifest_names_the_step_and_every_file(step):
    entry = folder_entry(step.output)
    assert entry["fingerprint"] == step.fingerprint
    assert (entry["version"], entry["inputs"]) == (step.version, dict(step.inputs))
    assert entry["files"].keys() == {"a.csv", "deep/b.npy"}
    assert changed_files(step.output, entry["files"]) == []


def test_freshness_is_read_from_the_folder_whatever_the_ledger_says(step):
    assert check_freshness(step, Ledger("toy")) == Freshness(FRESH)
    other = folder_step(parameters={"family": "huber", "held_out": 0.1})
    Ledger("toy").record(other, 1.0)  # killed after its ledger was written and before its folder
    assert check_freshness(step, Ledger("toy")) == Freshness(FRESH)
    reasons = ("family: gaussian → huber",)
    assert check_freshness(other, Ledger("toy")) == Freshness(STALE, reasons)
    export(other)
    Ledger("toy").record(step, 1.0)  # killed the other way round
    assert check_freshness(step, Ledger("toy")) == Freshness(STALE, ("family: huber → gaussian",))
    assert check_freshness(other, Ledger("toy")) == Freshness(FRESH)


@pytest.mark.parametrize("name", ["a.csv", "deep/b.npy"])
def test_changed_and_missing_files_make_the_folder_stale(step, name):
    whole = (step.output / name).read_bytes()
    for change in (lambda path: path.unlink(), lambda path: path.write_bytes(b"tow")):
        change(step.output / name)
        assert changed_files(step.output, folder_entry(step.output)["files"]) == [name]
        found = check_freshness(step, Ledger("toy"))
        assert found == Freshness(STALE, (f"{name} is not as it was written",))
    (step.output / name).write_bytes(whole)
    assert check_freshness(step, Ledger("toy")).name == FRESH


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"files": 3}', b'{"files": {"a": []}}', b"\xff"]
)
def test_a_damaged_manifest_makes_the_folder_stale(step, content):
    (step.output / NAME).write_bytes(content)
    Ledger("toy").record(step, 1.0)
    assert check_freshness(step, Ledger("toy")).name == STALE


def test_every_wrong_byte_of_a_manifest_makes_the_folder_stale_or_changes_nothing(step):
    whole = (step.output / NAME).read_bytes()
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        (step.output / NAME).write_bytes(damaged)
        found = check_freshness(step, Ledger("toy"))
        assert found.name == STALE or folder_entry(step.output)["fingerprint"] == step.fingerprint


def test_a_folder_of_an_earlier_version_is_as_fresh_as_its_ledger_says(step):
    (step.output / NAME).unlink()
    assert folder_entry(step.output) is None
    assert check_freshness(step, Ledger("toy")).name != FRESH
    Ledger("toy").record(step, 1.0)
    assert check_freshness(step, Ledger("toy")).name == FRESH


def test_files_beside_the_folder_belong_to_it(step):
    page = step.output.parent / "page.html"
    page.write_bytes(b"one")
    write_manifest(step.output, step, {"../page.html": folder_entry(step.output)["files"]["a.csv"]})
    assert folder_entry(step.output)["fingerprint"] == step.fingerprint
    page.write_bytes(b"other")
    assert folder_entry(step.output)["damage"] == "../page.html is not as it was written"
