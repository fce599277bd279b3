"""The ledger of a recipe: fingerprints, parameters and times of its steps as they last ran."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pipelines.workflow.paths import run_folder
from pipelines.workflow.step import Step
from tlgan.storage.atomic_files import replacing


class Ledger:
    """The steps of a recipe as they last ran, in `runs/<recipe>/steps.json`.

    Attributes
    ----------
    path : Path
    entries : dict
        By the title of the step.
    """

    def __init__(self, recipe_name: str) -> None:
        self.path = run_folder(recipe_name) / "steps.json"
        try:
            entries = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # none yet, or damaged: nothing is known then
            entries = None
        self.entries: dict[str, Any] = entries if isinstance(entries, dict) else {}

    def entry(self, step: Step) -> dict[str, Any]:
        """What is noted of a step; empty where it never ran."""
        return self.entries.get(step.title) or self.entries.get(step.former_title) or {}

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

    def record_found(self, step: Step) -> None:
        """Note a step whose output was there already, made for another recipe; its seconds are not known."""
        if self.entry(step).get("fingerprint") != step.fingerprint:
            self.record(step, None)

    def note(self, title: str, entry: Mapping[str, Any]) -> None:
        """Write an entry of any content."""
        self.entries[title] = entry
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self.path) as partial:
            partial.write_text(json.dumps(self.entries, indent=1), encoding="utf-8")
