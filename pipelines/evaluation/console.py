"""What `evaluate` prints: leakage by way of editing, and one line for each axis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from pipelines.artifacts.evaluation_file import read_evaluation
from pipelines.evaluation.verdicts import edit_of, usable_axes
from pipelines.workflow.progress import console, say


def print_evaluation(path: Path) -> None:
    """Print the tables of an evaluation that people read first."""
    tables = read_evaluation(path)
    for leakage in tables["leakage"]:
        console.print(leakage_table(tables, leakage))
    console.print(edits_table(tables))
    console.print(axes_table(tables))
    if "truth" in tables:
        console.print(truth_table(tables["truth"]))
        for leakage in tables["truth"]["leakage"]:
            console.print(leakage_table(tables, leakage, "true factors"))
    say(f"Evaluation: {path.resolve()}")


def leakage_table(tables: dict[str, Any], leakage: dict[str, Any], of: str = "other attributes") -> Table:
    """Change of what else there is at equal change of the target, by way of editing."""
    least = leakage.get("least", "unknown")
    title = (
        f"Leakage: change of the {of} where the target has changed by {leakage['change']:g} sd, over "
        f"{leakage['axes']} of {len(tables['axes'])} axes (those that every edit takes so far), "
        f"{tables['latents']} latents; `axes` counts those that get there. Least mean: {least}"
    )
    columns = ("edit", "axes", "mean", "largest", "systematic", "identity")
    table = Table(*columns, title=title, title_justify="left", box=SIMPLE_HEAD)
    for edit, count in leakage["axes_reached"].items():
        entry = leakage["edits"].get(edit)
        intervals = [_interval(entry[key]) for key in ("mean", "max", "systematic")] if entry else []
        identity = [_number(entry.get("identity"))] if entry else []
        table.add_row(edit, f"{count['value']:.0f}", *intervals, *identity)
    if "unedited" in leakage:
        table.add_row("unedited", "", "", "", _interval(leakage["unedited"]))
    return table


def edits_table(tables: dict[str, Any]) -> Table:
    """How many axes each way of editing makes usable, and its disentanglement-transformation score."""
    title = "Ways of editing, all judged where the target has changed by 1 sd"
    columns = ("edit", "usable axes", "DT score", "DT score, published pairs")
    table = Table(*columns, title=title, title_justify="left", box=SIMPLE_HEAD)
    for edit in tables["edits"]:
        curves = tables["by_edit"][edit]["transformation"]
        scores = [_interval(curves[key]) for key in ("score", "score_of_published")]
        table.add_row(edit, str(usable_axes(tables, edit)), *scores)
    return table


def axes_table(tables: dict[str, Any]) -> Table:
    """Per axis, in the way that verdicts look at."""
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


def _interval(entry: dict[str, Any]) -> str:
    if None in entry.values():
        return _number(entry["value"])
    return f"{entry['value']:.3f}±{(entry['high'] - entry['low']) / 2:.2f}"
