"""The history of a training, `history.jsonl`: losses and figures by how far it was, and its curves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tlgan.errors import UserError
from tlgan.limits.structured_text import parse_json

FILE = "history.jsonl"


class Curve(NamedTuple):
    """One figure over a training: `progress` in units of the training, `values` beside it."""

    progress: list[float]
    values: list[float]


@dataclass(frozen=True)
class TrainingHistory:
    """What a training wrote as it went.

    Attributes
    ----------
    unit : str, what its progress counts, "images" or "steps"
    entries : list of dict, each with the unit and some losses or figures; progress never falls
    """

    unit: str
    entries: list[dict[str, float]]

    def curve(self, name: str) -> Curve:
        """One figure where it was written; without points where it never was."""
        points = [(entry[self.unit], entry[name]) for entry in self.entries if name in entry]
        return Curve([float(progress) for progress, _ in points], [float(value) for _, value in points])

    def charts(self, charts: Sequence[tuple[str, Sequence[str]]]) -> dict[str, dict[str, Curve]]:
        """Curves by title and name, without those of fewer than two points; see `NetworkKind.curves`."""
        drawn = {
            title: {name: curve for name in names if len((curve := self.curve(name)).values) > 1}
            for title, names in charts
        }
        return {title: curves for title, curves in drawn.items() if curves}


def append_history(folder: Path, unit: str, progress: int, figures: Mapping[str, float]) -> dict[str, Any]:
    """Add a line to the history in a folder; returns it.

    A training that was killed measures its last state once more when it goes on: the same line is not written twice.
    """
    entry = {unit: progress, **figures}
    line = json.dumps(entry)
    with open(folder / FILE, "a+", encoding="utf-8", errors="replace") as file:
        file.seek(0)
        if file.read().splitlines()[-1:] != [line]:
            file.write(line + "\n")
    return entry


def read_history(folder: Path) -> TrainingHistory | None:
    """The history in a folder; None where there is none.

    A training that went back to an earlier state, or began anew, replaces what had come after that. Lines that
    are not whole are left out.
    """
    path = folder / FILE
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    unit, entries = "", list[dict[str, float]]()
    for line in text.splitlines():
        try:
            entry = parse_json(line)
        except UserError:  # cut off where the machine stopped
            continue
        if not isinstance(entry, dict) or not entry or (unit and unit not in entry):
            continue
        if not all(map(_is_figure, entry.values())):
            continue
        unit = unit or next(iter(entry))
        while entries and entries[-1][unit] > entry[unit]:
            entries.pop()
        entries.append(entry)
    return TrainingHistory(unit, entries) if entries else None


def _is_figure(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**63)
