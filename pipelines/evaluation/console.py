"""What `evaluate` prints: leakage by way of editing, and one line for each axis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from pipelines.artifacts.evaluation_file import read_evaluation
from pipelines.evaluation.verdicts import edit_of
from pipelines.workflow.progress import print_table, say


def print_evaluation(path: Path) -> None:
    """Print the tables of an evaluation that people read first."""
    tables = read_evaluation(path)
    print_table(leakage_table(tables))
    print_table(axes_table(tables))
    if "truth" in tables:
        print_table(truth_table(tables["truth"]))
    say(f"Evaluation: {path.resolve()}")


def leakage_table(tables: dict[str, Any]) -> Table:
    """Change of the other attributes at equal change of the target, by way of editing."""
    leakage = tables["leakage"]
    least = leakage.get("least", "unknown")
    title = (
        "Leakage: change of the other attributes where the target has changed by "
        f"{tables['equal_change']:g} sd, over {leakage['axes']} of {len(tables['axes'])} axes "
        f"(those that every edit takes so far), {tables['latents']} latents. Least mean: {least}"
    )
    columns = ("edit", "mean", "largest", "systematic", "identity", "realism")
    table = Table(*columns, title=title, title_justify="left", box=SIMPLE_HEAD)
    for edit, count in leakage["axes_reached"].items():
        if edit not in leakage["edits"]:
            table.add_row(edit, f"({count} axes)")
            continue
        entry = leakage["edits"][edit]
        intervals = [_interval(entry[key]) for key in ("mean", "max", "systematic")]
        table.add_row(edit, *intervals, _number(entry["identity"]), _number(entry["realism_change"]))
    return table


def axes_table(tables: dict[str, Any]) -> Table:
    """Per axis, in the way that the axis file has it, or the first there is."""
    edit = edit_of(tables)
    title = f"Axes, {edit}: change for 1 sd of the target, as the judge sees it"
    columns = ("axis", "leakage", "calibration", "identity", "judge agrees", "moves most")
    table = Table(*columns, title=title, title_justify="left", box=SIMPLE_HEAD)
    for axis, edited in zip(tables["by_axis"], tables["by_edit"][edit]["by_axis"], strict=True):
        most = [f"{effect['attribute']} {effect['change']:+.2f}" for effect in edited["most"][:1]]
        table.add_row(
            axis["name"],
            _number(edited["mean_dependency"]),
            _number(edited["calibration_slope"]),
            _number(edited["identity"]),
            _number((axis["agreement"] or {}).get("correlation")),
            *most or "–",
        )
    return table


def truth_table(truth: dict[str, Any]) -> Table:
    """Known axes: angle to the planted axis, beside the least that the labels allow."""
    summary = truth["summary"]
    title = (
        f"Known axes, {summary['samples_used']} samples: median angle to the truth "
        f"{summary['median_angle']:.2f}° (information limit {summary['median_limit']:.2f}°)"
    )
    table = Table(
        "axis", "angle", "stated error", "limit", "labeller's noise", title=title, title_justify="left"
    )
    for axis in truth["axes"]:
        degrees = [_number(axis[key], "°") for key in ("angle", "stated_error", "limit")]
        table.add_row(axis["name"], *degrees, _number(axis["labeller_noise"]))
    return table


def _number(value: float | None, unit: str = "") -> str:
    return "–" if value is None else f"{value:.2f}{unit}"


def _interval(entry: dict[str, float]) -> str:
    return f"{entry['value']:.3f}±{(entry['high'] - entry['low']) / 2:.3f}"
