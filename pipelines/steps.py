"""Steps: what a recipe asks for, what is already there, and why the rest would run.

Make only orders the stages; freshness is decided here. A step's fingerprint covers its stage, the
stage's version, the parameters that change the result and the fingerprints of what it reads, so
equal work has an equal name and is done once, whichever recipe asks for it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tlgan.row_files import partial_path, rows_done
from tlgan.version import __version__

FRESH, MISSING, PARTIAL, STALE = "fresh", "missing", "partial", "stale"


@dataclass(frozen=True)
class Step:
    """One piece of work with one output.

    Attributes
    ----------
    stage : str, the make target it belongs to
    title : str, unique in a recipe ("label celeba64")
    version : int, raised when the stage's code changes its result
    parameters : mapping, what changes the result
    inputs : mapping, name to fingerprint of a step or hash of a file
    place : callable, fingerprint to the Path of the output
    work : callable, does it: takes the step; False says that there is more to do another time
    rows : int, rows wanted of an output that grows; 0 for others. Not in the fingerprint
    """

    stage: str
    title: str
    version: int
    parameters: Mapping[str, Any]
    inputs: Mapping[str, str]
    place: Callable[[str], Path] = field(repr=False)
    work: Callable[[Step], bool | None] = field(repr=False)
    rows: int = 0

    @property
    def fingerprint(self) -> str:
        content = {
            "stage": self.stage,
            "version": self.version,
            "parameters": self.parameters,
            "inputs": self.inputs,
        }
        return hashlib.sha256(canonical(content).encode()).hexdigest()

    @property
    def output(self) -> Path:
        return self.place(self.fingerprint)

    def attributes(self) -> dict[str, Any]:
        """What every artefact says about itself."""
        return {
            "format": f"tlgan.{self.stage}",
            "format_version": 1,
            "stage_version": self.version,
            "fingerprint": self.fingerprint,
            "params_json": canonical(self.parameters),
            "inputs_json": canonical(self.inputs),
            "tlgan_version": __version__,
            "created_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        }


@dataclass(frozen=True)
class State:
    """Whether a step has to run, and why: `name` is fresh, missing, partial or stale."""

    name: str
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} ({'; '.join(self.reasons)})" if self.reasons else self.name


def canonical(content: Any) -> str:
    """JSON with one spelling for equal content."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def home() -> Path:
    """The folder that holds `artifacts/` and `runs/`: `TLGAN_HOME`, by default this one."""
    return Path(os.environ.get("TLGAN_HOME", "."))


def in_cache(kind: str) -> Callable[[str], Path]:
    """Place of an output that any recipe may share: `artifacts/<kind>-<key>.h5`."""
    return lambda fingerprint: home() / "artifacts" / f"{kind}-{fingerprint[:16]}.h5"


def run_folder(recipe_name: str) -> Path:
    """What a person reads of a recipe's results."""
    return home() / "runs" / recipe_name


class Ledger:
    """What the steps of a recipe were when they last ran: `runs/<recipe>/steps.json`."""

    def __init__(self, recipe_name: str) -> None:
        self.path = run_folder(recipe_name) / "steps.json"
        try:
            entries = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # none yet, or damaged: nothing is known then
            entries = None
        self.entries: dict[str, Any] = entries if isinstance(entries, dict) else {}

    def record(self, step: Step, seconds: float | None) -> None:
        """Note that a step has run, in so many seconds where that is known."""
        entry = {
            "fingerprint": step.fingerprint,
            "parameters": step.parameters,
            "inputs": step.inputs,
            "version": step.version,
            "seconds": None if seconds is None else round(seconds, 2),
            "finished_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        self.note(step.title, entry)

    def met(self, step: Step) -> None:
        """Note a step that was found done, by another step or another recipe, in place of what it was before."""
        if self.entries.get(step.title, {}).get("fingerprint") != step.fingerprint:
            self.record(step, None)

    def note(self, title: str, entry: Mapping[str, Any]) -> None:
        """Write an entry."""
        self.entries[title] = entry
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_name(self.path.name + ".partial")
        partial.write_text(json.dumps(self.entries, indent=1), encoding="utf-8")
        os.replace(partial, self.path)


def state_of(step: Step, ledger: Ledger) -> State:
    """Compare what a step would make with what is there."""
    entry = ledger.entries.get(step.title, {})
    output = step.output
    if step.rows:
        done = rows_done(output)
        if done >= step.rows:
            return State(FRESH)
        done = max(done, rows_done(partial_path(output)))
        if done:
            return State(PARTIAL, (f"{done} of {step.rows} rows",))
    elif output.exists() and (
        step.fingerprint[:16] in output.name or entry.get("fingerprint") == step.fingerprint
    ):
        return State(FRESH)
    if not entry:
        return State(MISSING)
    changes = changes_between(entry, step)
    return State(STALE, changes) if changes else State(MISSING, ("its file is gone",))


def changes_between(entry: Mapping[str, Any], step: Step) -> tuple[str, ...]:
    """What differs between a step as it last ran and as it is now, in words."""
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


def find(steps: Sequence[Step], stage: str) -> Step:
    """The one step of a stage."""
    (step,) = [step for step in steps if step.stage == stage]
    return step
