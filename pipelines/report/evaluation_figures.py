"""The evaluation's part of the report: its figures with their data, and the rows of its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.artifacts.evaluation_file import EVALUATION_VERSION, evaluation_path, read_arrays
from pipelines.evaluation.verdicts import edit_of
from pipelines.report.plots import Line, curves, heat_map, intervals, scatter
from pipelines.workflow.ledger import Ledger
from pipelines.workflow.step import RunSteps

if TYPE_CHECKING:
    from tlgan.axes.axes import Axes


@dataclass(frozen=True)
class Figure:
    """A picture as PNG, and the table it shows: the names of its columns and its rows."""

    png: bytes
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Evaluated:
    """Where an evaluation lies, and its fingerprint."""

    path: Path
    fingerprint: str


def last_evaluation(ledger: Ledger, steps: RunSteps) -> Evaluated | None:
    """The evaluation of these axes: the plan's own, or else the one that the recipe last ran; None without.

    One that was made of other axes does not count.
    """
    if planned := steps.run_evaluation:
        return Evaluated(planned.output, planned.fingerprint)
    evaluate, rescore = (ledger.entries.get(title, {}) for title in ("evaluate", "rescore"))
    fingerprint = evaluate.get("fingerprint", "")
    of_these = (
        evaluate.get("version") == EVALUATION_VERSION
        and evaluate.get("inputs", {}).get("rescore") == rescore.get("fingerprint")
        and rescore.get("inputs", {}).get("orthogonalize") == steps.axes.fingerprint
    )
    path = evaluation_path(fingerprint)
    return Evaluated(path, fingerprint) if fingerprint and of_these and path.is_file() else None


def evaluation_figures(
    tables: dict[str, Any], path: Path, axes: Axes, order: Sequence[int]
) -> dict[str, Figure]:
    """The figures of an evaluation by name, axes in the order given."""
    arrays, edit = read_arrays(path), edit_of(tables)
    before = tables["edits"][0]
    figures = {
        f"leakage-{leakage['change']:g}": leakage_figure(leakage, "other attributes")
        for leakage in tables["leakage"]
    }
    figures |= {
        "leakage-curve": leakage_curve_figure(tables),
        "transformation": transformation_figure(tables),
        "co-movement": co_movement_figure(tables, arrays, tuple(dict.fromkeys((before, edit)))),
        "calibration": calibration_figure(tables, edit),
        "identity": identity_figure(tables),
    }
    for name, shown in (("rescoring-before", before), ("rescoring-after", edit)):
        figures[name] = rescoring_figure(tables, arrays[f"{shown}/rescoring"], shown, axes, order)
    if "second_judges" in tables:
        figures["second-judges"] = second_judges_figure(tables["second_judges"], edit, axes, order)
    if "truth" in tables:
        figures |= truth_figures(tables["truth"], arrays)
    return figures


def leakage_figure(leakage: dict[str, Any], of: str) -> Figure:
    """Change of what else there is at equal change of the target, by way of editing."""
    edits = leakage["edits"]
    words = {
        "mean": "mean of the others",
        "max": "largest of the others",
        "systematic": "mean, scatter averaged out",
    }
    groups = {
        text: np.array(
            [[edits[edit][key][part] for part in ("value", "low", "high")] for edit in edits], float
        )
        for key, text in words.items()
    }
    rows = [
        [edit, text, *values]
        for text, group in groups.items()
        for edit, values in zip(edits, group, strict=True)
    ]
    if not edits:
        groups = {text: np.empty((0, 3)) for text in words.values()}
    title = f"Leakage where the target has moved by {leakage['change']:g} sd"
    png = intervals(groups, list(edits), title, f"change of {of}, sd (interval: 95 %)")
    return Figure(png, ("edit", "measure", "value", "low", "high"), rows)


def leakage_curve_figure(tables: dict[str, Any]) -> Figure:
    """Mean change of the other attributes against the change of the target, by way of editing."""
    lines: dict[str, Line] = {}
    rows: list[list[Any]] = []
    for number, (edit, table) in enumerate(tables["by_edit"].items()):
        bins = table["bins"]["mean"]
        edges = np.array(bins["edges"], float)
        middles = (edges[:-1] + edges[1:]) / 2
        lines[edit] = (middles, np.array(bins["means"], float), f"C{number}-")
        columns = (middles, bins["means"], bins["low"], bins["high"], bins["counts"])
        rows += [[edit, *row] for row in zip(*columns, strict=True)]
    png = curves(
        lines, "Leakage by change of the target", "change of the target, sd", "mean change of the others, sd"
    )
    return Figure(png, ("edit", "change", "mean", "low", "high", "edits"), rows)


def transformation_figure(tables: dict[str, Any]) -> Figure:
    """Share of other decisions that stay against share of the target's that flip, by way of editing."""
    lines: dict[str, Line] = {}
    rows: list[list[Any]] = []
    sizes = [0.0, *sorted({abs(step) for step in tables["steps"]})]
    for number, (edit, table) in enumerate(tables["by_edit"].items()):
        flipped, stayed = (
            np.array(table["transformation"][key], float) for key in ("transformation", "disentanglement")
        )
        lines[edit] = (flipped, stayed, f"C{number}-")
        rows += [[edit, *row] for row in zip(sizes, flipped, stayed, strict=True)]
    png = curves(
        lines,
        "Disentanglement by transformation",
        "share of faces whose attribute has turned",
        "share of the others that have not",
    )
    return Figure(png, ("edit", "step", "transformation", "disentanglement"), rows)


def co_movement_figure(tables: dict[str, Any], arrays: dict[str, np.ndarray], edits: Sequence[str]) -> Figure:
    """What else changes per sd of the target by an edit, against what differs in unedited pictures."""
    rows: list[list[Any]] = []
    for row, axis in enumerate(tables["axes"]):
        group = {name for names in tables["groups"] if axis in names for name in names}
        for column, name in enumerate(tables["attributes"]):
            if name not in group | {axis} and axis in tables["attributes"]:
                changes = [float(arrays[f"{edit}/per_target"][row, column]) for edit in edits]
                rows.append([axis, name, float(arrays["natural"][row, column]), *changes])
    values = np.array([row[2:] for row in rows], float).reshape(-1, 1 + len(edits))
    points = {edit: (values[:, 0], values[:, 1 + number]) for number, edit in enumerate(edits)}
    png = scatter(points, "What comes along with the target", "in unedited pictures, sd", "in edits, sd")
    return Figure(png, ("axis", "attribute", "unedited", *edits), rows)


def calibration_figure(tables: dict[str, Any], edit: str) -> Figure:
    """Achieved over requested change of each axis' own attribute, both in standard deviations."""
    keys = ("gain", "gain_low", "gain_high")
    rows = [[row["name"], *(row[key] for key in keys)] for row in tables["by_edit"][edit]["by_axis"]]
    rows = sorted((row for row in rows if None not in row), key=lambda row: -row[1])
    png = intervals(
        {edit: np.array([row[1:] for row in rows], float).reshape(-1, 3)},
        [row[0] for row in rows],
        "Achieved over requested change",
        "gain; 1 is what was asked for (interval: 95 %)",
        ideal=1.0,
    )
    return Figure(png, ("axis", "gain", "low", "high"), rows)


def identity_figure(tables: dict[str, Any]) -> Figure:
    """Cosine of the features of a face before and after, axis by axis."""
    rows = []
    for edit, table in tables["by_edit"].items():
        rows += [[row["name"], edit, row["identity"], row["realism_change"]] for row in table["by_axis"]]
    names = tables["axes"]
    groups = {}
    for edit in dict.fromkeys((tables["edits"][0], edit_of(tables))):
        values = np.array([row[2] for row in rows if row[1] == edit], dtype=float)
        groups[edit] = np.stack([values] * 3, axis=1)
    png = intervals(
        groups,
        names,
        f"The same face? After {tables['equal_changes'][0]:g} sd of the target",
        f"cosine of the features of {tables['embedder'] or 'the judge'}, before and after (1: unchanged)",
        ideal=tables["different_faces"]["identity"],
    )
    return Figure(png, ("axis", "edit", "identity", "realism_change"), rows)


def rescoring_figure(
    tables: dict[str, Any], matrix: np.ndarray, edit: str, axes: Axes, order: Sequence[int]
) -> Figure:
    """Change of every attribute by the smallest step up along every axis."""
    steps = np.array(tables["steps"])
    up = int(np.argmin(np.where(steps > 0, steps, np.inf))) if (steps > 0).any() else 0
    names, attributes = [axes.names[row] for row in order], tables["attributes"]
    places = [tables["axes"].index(name) for name in names]
    columns = [attributes.index(name) for name in names if name in attributes]
    columns += [k for k in range(len(attributes)) if k not in columns]
    values, heads = matrix[places][:, up][:, columns], [attributes[k] for k in columns]
    title = f"Change by a step of {steps[up]:+g} sd along each axis (rows), {edit}"
    png = heat_map(values, names, title, heads, unit="change of the attribute, sd")
    return Figure(
        png, ("axis", *heads), [[name, *row] for name, row in zip(names, values.tolist(), strict=True)]
    )


def second_judges_figure(second: dict[str, Any], edit: str, axes: Axes, order: Sequence[int]) -> Figure:
    """Change of what second judges know by every axis, at the largest change of the target that is compared."""
    at = second["by_change"][-1]
    names, heads = [axes.names[row] for row in order], second["attributes"]
    changes = at["edits"][edit]["by_axis"]
    rows = [
        [changes[name][head][key] for head in heads for key in ("value", "low", "high")] for name in names
    ]
    values = np.array(rows, float)[:, ::3]
    png = heat_map(values, names, f"Second judges, {edit}, {at['change']:g} sd", heads, unit="change, sd")
    columns = [f"{head}{end}" for head in heads for end in ("", ", low", ", high")]
    return Figure(png, ("axis", *columns), [[name, *row] for name, row in zip(names, rows, strict=True)])


def truth_figures(truth: dict[str, Any], arrays: dict[str, np.ndarray]) -> dict[str, Figure]:
    """Known axes: recovered against planted cosines, and angles against the number of samples."""
    names = truth["names"]
    first, second = np.triu_indices(len(names), 1)
    planted, found = (arrays[f"truth/{which}_cosines"][first, second] for which in ("planted", "recovered"))
    pairs = [
        [names[i], names[j], float(p), float(f)]
        for i, j, p, f in zip(first, second, planted, found, strict=True)
    ]
    png = scatter({"": (planted, found)}, "Cosines between axes", "planted", "recovered")
    figures = {
        f"truth-leakage-{leakage['change']:g}": leakage_figure(leakage, "the other true factors")
        for leakage in truth["leakage"]
    }
    figures |= {"truth-cosines": Figure(png, ("first", "second", "planted", "recovered"), pairs)}
    if any(curve["counts"] for curve in truth.get("curve", {}).values()):
        lines, rows = {}, []
        for number, (labeller, curve) in enumerate(truth["curve"].items()):
            lines[f"{labeller}, median angle"] = (curve["counts"], curve["angles"], f"C{number}-")
            lines[f"{labeller}, least possible"] = (curve["counts"], curve["limits"], f"C{number}--")
            rows += [
                [labeller, *row]
                for row in zip(curve["counts"], curve["angles"], curve["limits"], strict=True)
            ]
        png = curves(lines, "Angle to the planted axis", "samples", "degrees", log=True)
        figures["truth-curve"] = Figure(png, ("labeller", "samples", "median_angle", "median_limit"), rows)
    return figures
