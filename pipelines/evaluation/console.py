"""What `evaluate` prints, leakage and a line for each axis, and `measure-generator`, figures and shares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table

from pipelines.artifacts.evaluation_file import read_evaluation
from pipelines.evaluation.generator_measure import AttributeShares, GeneratorMeasure
from pipelines.evaluation.leakage_table import least_sentences
from pipelines.evaluation.verdicts import edit_of, usable_axes
from pipelines.workflow.progress import print_table, say


def print_evaluation(path: Path) -> None:
    """Print the tables of an evaluation that people read first."""
    tables = read_evaluation(path)
    for leakage in tables["leakage"]:
        print_table(leakage_table(tables, leakage))
        for sentence in least_sentences(leakage, tables["method"]):
            say(sentence)
    if "second_judges" in tables:
        print_table(second_table(tables["second_judges"]))
    print_table(edits_table(tables))
    print_table(axes_table(tables))
    print_table(correlations_table(tables))
    if "truth" in tables:
        print_table(truth_table(tables["truth"]))
        for leakage in tables["truth"]["leakage"]:
            print_table(leakage_table(tables, leakage, "true factors"))
    say(f"Evaluation: {path.resolve()}")


def leakage_table(tables: dict[str, Any], leakage: dict[str, Any], of: str = "other attributes") -> Table:
    """Change of what else there is at equal change of the target, by way of editing."""
    title = (
        f"Leakage: change of the {of} where the target has changed by {leakage['change']:g} sd, over "
        f"{leakage['axes']} of {len(tables['axes'])} axes (those that every edit takes so far), "
        f"{tables['latents']} latents; `axes` counts those that get there"
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


def second_table(second: dict[str, Any]) -> Table:
    """What second judges see of the same edits, at each change of the target."""
    judges, known = (", ".join(second[key]) for key in ("judges", "attributes"))
    title = (
        f"Second judges, {judges}: how far the target moves, and {known} beside it, in sd of their own scores"
    )
    columns = ("edit", "target, judge", "target", "others", "systematic")
    table = Table(*columns, title=title, title_justify="left", box=SIMPLE_HEAD)
    for at in second["by_change"]:
        for edit, entry in at["edits"].items():
            figures = (_interval(entry[key]) for key in ("target", "mean", "systematic"))
            table.add_row(edit, f"{at['change']:g}", *figures)
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
    title = (
        f"Axes, {edit}, 95 % intervals. Gain: sd that the judge sees of each sd asked for. Moves most: for 1 sd of the "
        "target. Sure: share of resamples of the faces in which an edit by 1 sd gives the same verdict"
    )
    columns = ("axis", "leakage", "gain", "identity", "judge agrees", "sure", "moves most")
    table = Table(*columns, title=title, title_justify="left", box=SIMPLE_HEAD)
    for axis, edited in zip(tables["by_axis"], tables["by_edit"][edit]["by_axis"], strict=True):
        most = [
            f"{effect['attribute']} {effect['change']:+.2f}±{(effect['high'] - effect['low']) / 2:.2f}"
            for effect in edited["most"][:1]
        ]
        words = (
            ["too rare"]
            if axis["too_rare"]
            else [f"{w} {s:.0%}" for w, s in edited["at_1_sd"]["words"].items()]
        )
        table.add_row(
            axis["name"],
            _between(edited, "mean_dependency"),
            _between(edited, "gain"),
            _number(edited["identity"]),
            _between(axis["agreement"] or {}, "correlation"),
            words[0],
            *most or "–",
        )
    return table


def correlations_table(tables: dict[str, Any]) -> Table:
    """Whose the largest side effects are: correlations in photographs and in drawn faces, by labeller and judge."""
    found = tables["correlations"]
    seen = f"{found['photographs']:,} photographs" if found["photographs"] else "no photographs are prepared"
    title = f"Why the largest side effects come along: correlations of the two attributes ({seen})"
    columns = ("axis", "moves", "by", "labeller, photographs", "labeller, drawn", "judge, drawn", "")
    table = Table(*columns, title=title, title_justify="left", box=SIMPLE_HEAD)
    for pair in found["pairs"]:
        read = [_interval(pair[key]) if pair[key] else "–" for key in ("photographs", "drawn", "judge")]
        table.add_row(pair["axis"], pair["attribute"], f"{pair['change']:+.2f}", *read, pair["word"])
    return table


def truth_table(truth: dict[str, Any]) -> Table:
    """Known axes: angle to the planted axis, beside the least that the labels allow."""
    summary = truth["summary"]
    title = (
        f"Known axes, {summary['samples_used']} samples: median angle to the truth "
        f"{summary['median_angle']:.2f}° (information limit {summary['median_limit']:.2f}°)"
    )
    table = Table(
        "axis",
        "angle",
        "stated error",
        "by labeller",
        "limit",
        "labeller's noise",
        title=title,
        title_justify="left",
    )
    for axis in truth["axes"]:
        degrees = [_number(axis[key], "°") for key in ("angle", "stated_error", "systematic_error", "limit")]
        table.add_row(axis["name"], *degrees, _number(axis["labeller_noise"]))
    return table


# Figure of `models.training.gan.figures.compare_faces`, what it is called, and its digits.
GENERATOR_FIGURES = (
    ("frechet", "Fréchet distance, features of {labeller}", 1),
    ("frechet_judge", "Fréchet distance, features of {judge}", 1),
    ("sliced_wasserstein", "sliced Wasserstein distance, ×1000", 1),
    ("precision", "precision, {embedder}", 3),
    ("recall", "recall, {embedder}", 3),
    ("feature_spread", "spread of the features, over the photographs'", 2),
    ("score_spread", "spread of the scores, over the photographs'", 2),
    ("rare_attributes", "attributes below a third of their share in photographs", 0),
    ("faces_found", "share in which a face is found, {detector}", 3),
)


def generator_table(measure: GeneratorMeasure) -> Table:
    """Figures of a generator, beside those of photographs of other people in place of the drawn faces."""
    title = (
        f"{measure.generator}: {len(measure.images):,} drawn faces, or {measure.n_others:,} photographs of the "
        f"training part, beside {len(measure.images):,} photographs of the test part"
    )
    table = Table("figure", "drawn", "photographs", title=title, title_justify="left", box=SIMPLE_HEAD)
    for name, words, digits in GENERATOR_FIGURES:
        if name in measure.figures:
            values = (measure.figures[key] for key in (name, f"{name}_floor"))
            table.add_row(words.format(**measure.readers), *(f"{value:.{digits}f}" for value in values))
    if (nearest := measure.nearest) is not None:
        words = f"cosine distance to the nearest of {nearest.searched:,} training photographs"
        table.add_row(f"{words}, median", f"{nearest.median:.3f}", f"{nearest.median_unseen:.3f}")
        table.add_row("the smallest of these", f"{nearest.least:.3f}", f"{nearest.least_unseen:.3f}")
    return table


def shares_table(shares: AttributeShares) -> Table:
    """Shares of the attributes side by side, the most common in photographs first."""
    title = "Share of faces in which the labeller reads the attribute"
    table = Table("attribute", "photographs", "drawn", "", title=title, title_justify="left", box=SIMPLE_HEAD)
    for row in np.argsort(-shares.photographs, kind="stable"):
        values = (shares.photographs[row], shares.drawn[row])
        rare = "below a third" if shares.rare[row] else ""
        table.add_row(shares.names[row], *(f"{value:.1%}" for value in values), rare)
    return table


def _number(value: float | None, unit: str = "") -> str:
    return "–" if value is None else f"{value:.2f}{unit}"


def _between(entry: dict[str, Any], key: str) -> str:
    """A figure with half the width of its interval."""
    value, low, high = (entry.get(name) for name in (key, f"{key}_low", f"{key}_high"))
    return (
        _number(value)
        if value is None or low is None or high is None
        else f"{value:.2f}±{(high - low) / 2:.2f}"
    )


def _interval(entry: dict[str, Any]) -> str:
    if None in entry.values():
        return _number(entry["value"])
    return f"{entry['value']:.3f}±{(entry['high'] - entry['low']) / 2:.2f}"
