"""Freshness: what is there of a step already, and why it would run again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.workflow.ledger import Ledger
from pipelines.workflow.step import Step, canonical
from tlgan.errors import UserError
from tlgan.storage.row_files import partial_path, rows_done

FRESH, MISSING, PARTIAL, STALE, DAMAGED = "fresh", "missing", "partial", "stale", "damaged"


@dataclass(frozen=True)
class Freshness:
    """Whether a step has to run, and why: `name` is fresh, missing, partial, stale or damaged."""

    name: str
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} ({'; '.join(self.reasons)})" if self.reasons else self.name


def check_freshness(step: Step, ledger: Ledger) -> Freshness:
    """Compare what a step would write with what is there and what it wrote last."""
    entry: Mapping[str, Any] = ledger.entry(step)
    if step.rows:
        found = _freshness_of_rows(step)
        if found is not None:
            return found
    elif step.output.exists():
        stored = _stored_entry(step) or entry
        if stored.get("fingerprint") == step.fingerprint:
            return Freshness(FRESH)
        if "damage" in stored:
            return Freshness(STALE, (stored["damage"],))
        if "parameters" in stored:
            entry = stored
    if not entry:
        return Freshness(MISSING)
    changes = changes_between(entry, step)
    return Freshness(STALE, changes) if changes else Freshness(MISSING, ("its file is gone",))


def _freshness_of_rows(step: Step) -> Freshness | None:
    """What there is of an output that grows; None where there is nothing."""
    try:
        done = rows_done(step.output)
        if done >= step.rows:
            return Freshness(FRESH)
        done = max(done, rows_done(partial_path(step.output)))
    except UserError as error:
        return Freshness(DAMAGED, (str(error),))
    return Freshness(PARTIAL, (f"{done} of {step.rows} rows",)) if done else None


def _stored_entry(step: Step) -> Mapping[str, Any] | None:
    """The step that made the output, as its name or the output itself says; None where neither does."""
    if step.fingerprint[:16] in step.output.name:
        return {"fingerprint": step.fingerprint}
    return step.stored_entry(step.output) if step.stored_entry else None


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
