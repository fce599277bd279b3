"""The ledger of a recipe: fingerprints, parameters and times of its steps as they last ran."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from pipelines.workflow.checked_json import read_json, write_json
from pipelines.workflow.paths import run_folder
from pipelines.workflow.step import Step
from tlgan.errors import UserError

LEDGER = "steps.json"
# Under what command steps run: it would make a lost file again. Empty where no command line is.
command_line: ContextVar[str] = ContextVar("command_line", default="")


class Ledger:
    """The steps of a recipe as they last ran, in `runs/<recipe>/steps.json`.

    Attributes
    ----------
    path : Path
    entries : dict
        By the title of the step.
    """

    def __init__(self, recipe_name: str) -> None:
        self.path = run_folder(recipe_name) / LEDGER
        self.entries = self._read()

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
            "command": command_line.get(),
        }
        self.note(step.title, entry)

    def record_found(self, step: Step) -> bool:
        """Note a step whose output was there already, made for another recipe; its seconds are not known.

        Returns
        -------
        bool, whether the ledger did not have it
        """
        if self.entry(step).get("fingerprint") == step.fingerprint:
            return False
        self.record(step, None)
        return True

    def note(self, title: str, entry: Mapping[str, Any]) -> None:
        """Write an entry of any content, beside those that another process has written meanwhile."""
        self.entries = self._read() | {title: dict(entry)}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_json(self.path, self.entries)

    def _read(self) -> dict[str, Any]:
        try:
            entries = read_json(self.path, "")[0]
        except (OSError, UserError):  # none yet, or damaged: nothing is known then
            return {}
        return {title: entry for title, entry in entries.items() if _is_entry(entry)}


class _Entry(msgspec.Struct):
    """What an entry may say; every field may be missing, for earlier versions wrote fewer."""

    fingerprint: str = ""
    parameters: dict[str, Any] = {}
    inputs: dict[str, str] = {}
    version: int = 0
    seconds: float | None = None
    finished_utc: str = ""
    command: str = ""
    question: list[Any] | None = None
    count: Annotated[int, msgspec.Meta(ge=1)] | None = None


def _is_entry(entry: Any) -> bool:
    try:
        msgspec.convert(entry, _Entry)
    except msgspec.ValidationError:
        return False
    return True
