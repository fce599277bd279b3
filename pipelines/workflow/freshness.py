"""Freshness: what is there of a step already, and why it would run again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.workflow.ledger import Ledger
from pipelines.workflow.step import Step, canonical
from tlgan.storage.row_files import partial_path, rows_done

FRESH, MISSING, PARTIAL, STALE = "fresh", "missing", "partial", "stale"


@dataclass(frozen=True)
class Freshness:
    """Whether a step has to run, and why: `name` is fresh, missing, partial or stale."""

    name: str
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} ({'; '.join(self.reasons)})" if self.reasons else self.name


def check_freshness(step: Step, ledger: Ledger) -> Freshness:
    """Compare what a step would write with what is there and what it wrote last."""
    entry = ledger.entry(step)
    output = step.output
    if step.rows:
        done = rows_done(output)
        if done >= step.rows:
            return Freshness(FRESH)
        done = max(done, rows_done(partial_path(output)))
        if done:
            return Freshness(PARTIAL, (f"{done} of {step.rows} rows",))
    elif output.exists() and _fingerprint_of_output(step, entry) == step.fingerprint:
        return Freshness(FRESH)
    if not entry:
        return Freshness(MISSING)
    changes = changes_between(entry, step)
    return Freshness(STALE, changes) if changes else Freshness(MISSING, ("its file is gone",))


def _fingerprint_of_output(step: Step, entry: Mapping[str, Any]) -> str | None:
    """What made the output: as its name or the file itself says, else as the ledger does."""
    if step.fingerprint[:16] in step.output.name:
        return step.fingerprint
    stored = step.stored_fingerprint(step.output) if step.stored_fingerprint else None
    return entry.get("fingerprint") if stored is None else stored


def changes_between(entry: Mapping[str, Any], step: Step) -> tuple[str, ...]:
    """Name the differences between a step as it last ran and as it is now."""
    changes = []
    if entry.get("version") != step.version:
        changes.append("the stage's code changed")
    old, new = _flat(entry.get("parameters", {})), _flat(json.loads(canonical(step.parameters)))
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            changes.append(f"{key}: {old.get(key)} → {new.get(key)}")
    inputs = entry.get("inputs", {})
    for key in sorted(inputs.keys() | step.inputs.keys()):
        if inputs.get(key) != step.inputs.get(key):
            changes.append(f"{key} changed")
    return tuple(changes)


def _flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            flat.update(_flat(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = value
    return flat
