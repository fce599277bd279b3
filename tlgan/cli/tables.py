"""Tables that the commands print: as text for people, as records for scripts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.table import Table
from rich.text import Text

from tlgan.array_types import Floats
from tlgan.axes.axes import OPTIONAL_NUMBERS, Axes
from tlgan.axes.compare import Comparison
from tlgan.axes.rarity import rare_axes

MOST_ROWS = 300  # of a table; laying one out takes milliseconds a row
SCORES = {"binary": "AUC", "categorical": "AUC", "continuous": "R²"}


def axes_records(axes: Axes) -> dict[str, Any]:
    """Records of axes for `tlgan show --json`: everything but the directions; None where unknown."""
    per_axis = zip(
        axes.names,
        axes.kinds,
        axes.units,
        axes.slopes.tolist(),
        axes.intercepts.tolist(),
        axes.angular_errors.tolist(),
        axes.held_out.tolist(),
        axes.n_samples.tolist(),
        axes.kept_cosines.tolist(),
        *(getattr(axes, field).tolist() for field in OPTIONAL_NUMBERS),
        rare_axes(axes).tolist(),
        strict=True,
    )
    first = ("name", "kind", "unit", "slope", "intercept", "angular_error", "held_out", "n_samples", "kept")
    keys = (*first, *OPTIONAL_NUMBERS, "too_rare")
    return {
        "generator": axes.generator,
        "generator_sha256": axes.generator_sha256,
        "latent_dim": axes.latent_dim,
        "latent_space": axes.latent_space,
        "method": axes.method,
        "base": list(axes.base),
        "regressor": list(axes.regressor.names) if axes.regressor is not None else None,
        "axes": [{k: _known(v) for k, v in zip(keys, values, strict=True)} for values in per_axis],
    }


def axes_table(axes: Axes) -> Table:
    """Tabulate name, kind, slope, angular error, held-out score, samples and cosine with the raw axis."""
    base = f" on {', '.join(axes.base)}" if axes.base else ""
    title = (
        f"{len(axes)} axes of {axes.generator or 'an unknown generator'}, {axes.latent_dim} dimensions "
        f"({axes.latent_space}), orthogonalised: {axes.method}{base}"
    )
    if axes.regressor is not None:
        title += f"; with a latent regressor of {len(axes.regressor.names)} attributes"
    table = _table(
        title,
        ["name", "kind"],
        ["slope", "unit per z", "angular error", "by labeller", "held out", "samples", "cosine with raw"],
    )
    cosines, rare = axes.kept_cosines, rare_axes(axes)
    for row, name in enumerate(axes.names[:MOST_ROWS]):
        table.add_row(
            Text(name),
            axes.kinds[row],
            _number(axes.slopes[row], ".4g"),
            Text(axes.units[row] or "–"),
            _number(axes.angular_errors[row], ".2f", "°"),
            _number(axes.systematic_errors[row], ".1f", "°"),
            "too rare" if rare[row] else _held_out(axes, row),
            str(axes.n_samples[row]) if axes.n_samples[row] else "–",
            _number(cosines[row], ".3f"),
        )
    _say_more(table, len(axes))
    return table


def comparison_records(rows: Sequence[Comparison]) -> list[dict[str, Any]]:
    """Records of comparisons for `tlgan compare --json`; None where a set lacks the name."""
    return [{key: _known(value) if value != "" else None for key, value in vars(row).items()} for row in rows]


def comparison_table(rows: Sequence[Comparison], first: str, second: str) -> Table:
    """Tabulate cosine and angle of partners with the angle's error, and the nearest axes both ways."""
    paired = any(row.second_name not in ("", row.name) for row in rows)
    table = _table(
        "",
        ["name", "partner"] if paired else ["name"],
        ["cosine", "angle", "standard error", "by labellers", "two of one axis"],
    )
    table.add_column(Text(f"nearest in {second}"), overflow="fold")
    table.add_column(Text(f"nearest in {first}"), overflow="fold")
    for row in rows[:MOST_ROWS]:
        table.add_row(
            Text(row.name),
            *([Text(row.second_name or "–")] if paired else []),
            _number(row.cosine, ".4f"),
            _number(row.angle, ".2f", "°"),
            _number(row.standard_error, ".2f", "°"),
            _number(row.systematic_error, ".1f", "°"),
            _number(row.same_axis_angle, ".2f", "°"),
            Text(_named(row.nearest_in_second, row.cosine_in_second)),
            Text(_named(row.nearest_in_first, row.cosine_in_first)),
        )
    _say_more(table, len(rows))
    return table


def edit_table(axes: Axes, before: Floats, after: Floats, roles: dict[str, str]) -> Table:
    """Tabulate predictors before and after an edit; means over latents.

    Parameters
    ----------
    axes : Axes
    before, after : float64 arrays, shape (n_latents, n_axes)
    roles : dict
        Attribute name to "edited" or "held"; others "follow".
    """
    from tlgan.editing.linear_predictors import units  # needs SciPy, which the other tables do without

    what = "mean " if len(before) > 1 else ""
    table = _table("", ["name", ""], [f"{what}before", f"{what}after", f"{what}change", "unit"])
    order = [*roles, *(name for name in axes.names if name not in roles)]
    for row in map(axes.index, order[:MOST_ROWS]):
        change = after[:, row] - before[:, row]
        table.add_row(
            Text(axes.names[row]),
            roles.get(axes.names[row], "follows"),
            _number(float(np.mean(before[:, row])), ".4g"),
            _number(float(np.mean(after[:, row])), ".4g"),
            _number(float(np.mean(change)) if abs(change).max() > 1e-9 else 0.0, "+.4g"),
            Text(units(axes)[row]),
        )
    _say_more(table, len(order))
    return table


def _table(title: str, texts: Sequence[str], numbers: Sequence[str]) -> Table:
    table = Table(title=Text(title) if title else None, title_justify="left", title_style="")
    for text in texts:
        table.add_column(text, overflow="fold")  # two names that are cut may look the same
    for number in numbers:
        table.add_column(number, justify="right", no_wrap=True)
    return table


def _say_more(table: Table, rows: int) -> None:
    if rows > MOST_ROWS:
        table.caption = f"{MOST_ROWS} of {rows} rows"


def _held_out(axes: Axes, row: int) -> str:
    """The held-out score with its interval."""
    low, high = axes.held_out_low[row], axes.held_out_high[row]
    interval = "" if math.isnan(low) or math.isnan(high) else f" ({low:.2f}–{high:.2f})"
    return _number(axes.held_out[row], ".3f", f"{interval} {SCORES[axes.kinds[row]]}")


def _number(value: float, form: str, unit: str = "") -> str:
    return "–" if math.isnan(value) else f"{value:{form}}{unit}"


def _named(name: str, cosine: float) -> str:
    return f"{name} ({cosine:.3f})" if name else "–"


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
