"""Tables of the comparison of editors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.editors.sweep import AtChange, Sweep, at_change
from benchmarks.tables import markdown_table
from tlgan.evaluation.bootstrap import bootstrap_weights, interval

HEAD = (
    *(
        "editor",
        "reached, sd",
        "leakage",
        "in one picture",
        "identity distance",
        "same person",
        "other judge, sd",
    ),
    *("Fréchet", "ms"),
)
REDRAWN_HEAD = (
    "editor",
    "PSNR, dB",
    "attributes moved, sd",
    "identity distance",
    "same person",
    "Fréchet",
    "trained, min",
)
PAIRED = ("leakage", "scatter", "identity")


def change_table(
    sweeps: Sequence[Sweep], change: float, same_person: float | None
) -> tuple[str, dict[str, Any]]:
    """Editors of one attribute where the target has changed by `change` deviations: Markdown, and the numbers.

    Where an editor does not get so far its figures are "–". The differences are to the first editor, over the same
    resamples of faces.
    """
    weights = bootstrap_weights(len(sweeps[0].psnr))
    read = {sweep.editor: at_change(sweep, change, weights, same_person) for sweep in sweeps}
    rows = [[sweep.editor, *_figures(read[sweep.editor]), f"{sweep.milliseconds:.1f}"] for sweep in sweeps]
    differences = paired_differences(read)
    lines = [
        [name, *(_interval_text(found[measure]) for measure in PAIRED)] for name, found in differences.items()
    ]
    first = sweeps[0].editor
    head = [f"less {first}", "leakage", "in one picture", "identity distance"]
    text = markdown_table(HEAD, rows) + ("\n\n" + markdown_table(head, lines) if lines else "")
    numbers = {name: {key: _first(value) for key, value in vars(at).items()} for name, at in read.items()}
    return text, {"change": change, "editors": numbers, "differences": differences}


def paired_differences(read: Mapping[str, AtChange]) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Each editor's figures less those of the first, with a 95 % interval over the faces."""
    first, *others = read
    return {
        name: {
            measure: _difference(getattr(read[name], measure) - getattr(read[first], measure))
            for measure in PAIRED
        }
        for name in others
    }


def redrawn_table(
    sweeps: Sequence[Sweep], same_person: float | None, minutes: Mapping[str, float] = MappingProxyType({})
) -> str:
    """What each editor costs before it edits: the face drawn unedited beside its own picture, and its training.

    Parameters
    ----------
    minutes : mapping of float, of trainings, by editor
    """
    rows = []
    for sweep in sweeps:
        near = np.mean(sweep.identity[:, 0] < same_person) if same_person else np.nan
        figures = [np.mean(np.minimum(sweep.psnr, 99)), sweep.drift.mean(), sweep.identity[:, 0].mean()]
        cells = [f"{figures[0]:.1f}", f"{figures[1]:.2f}", f"{figures[2]:.3f}", _percent(near)]
        trained = _number(minutes.get(sweep.editor, np.nan), "{:.0f}")
        rows.append([sweep.editor, *cells, f"{sweep.frechet[0]:.2f}", trained])
    return markdown_table(REDRAWN_HEAD, rows)


def swap_share_table(sweeps: Sequence[Sweep], agreement: float) -> str:
    """Share of faces in which the judge sees the other side, at each amount of each editor.

    Parameters
    ----------
    agreement : float
        Share of the untouched pictures whose label the judge reads: what a perfect swap would be given.
    """
    rows = []
    for sweep in sweeps:
        shares = sweep.flipped.mean(axis=0)
        cells = [
            f"{share:.0%} at {step:g}" for step, share in zip(sweep.rescoring.steps, shares, strict=True)
        ]
        rows.append([sweep.editor, ", ".join(cells)])
    head = ["editor", f"share flipped at each amount (of untouched pictures the judge reads {agreement:.0%})"]
    return markdown_table(head, rows, numbers=False)


def _figures(at: AtChange) -> list[str]:
    texts = [_with_interval(at.reached, "{:.2f}")]
    texts += [_with_interval(at.leakage, "{:.3f}"), _with_interval(at.scatter, "{:.3f}")]
    texts += [_with_interval(at.identity, "{:.3f}"), _percent(at.same_person[0])]
    return [*texts, _number(at.second[0], "{:.2f}"), _number(at.frechet, "{:.2f}")]


def _with_interval(draws: np.ndarray, form: str) -> str:
    if not np.isfinite(draws[0]):
        return "–"
    low, high = interval(draws)
    return f"{form.format(draws[0])} ({form.format(float(low))} to {form.format(float(high))})"


def _difference(draws: np.ndarray) -> tuple[float, float, float]:
    low, high = interval(draws)
    return float(draws[0]), float(low), float(high)


def _interval_text(found: tuple[float, float, float]) -> str:
    value, low, high = found
    return f"{value:+.3f} ({low:+.3f} to {high:+.3f})" if np.isfinite(value) else "–"


def _percent(share: float) -> str:
    return _number(share, "{:.0%}")


def _number(value: float, form: str) -> str:
    return form.format(value) if np.isfinite(value) else "–"


def _first(value: np.ndarray | float) -> float:
    return float(value[0]) if isinstance(value, np.ndarray) else value
