"""Scores of labellers as tables for people: probabilities of binary attributes, values of the others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from tlgan.axes.axes import Axes
from tlgan.editing.linear_predictors import units
from tlgan.editing.predictions import prediction_deviations

MOST_OTHERS = 5  # most changed attributes that a table shows beside those asked for


def score_table(
    axes: Axes,
    columns: Mapping[str, np.ndarray],
    roles: Mapping[str, str],
    *,
    title: str,
    compared: Sequence[str] = (),
) -> Table:
    """Attributes with a role, then the most changed others, one column for each picture.

    Parameters
    ----------
    axes : Axes
    columns : mapping, title of a column to scores, float array of shape (n_axes,)
    roles : mapping, attribute name to "edited", "locked", …, in the order of the rows
    title : str
    compared : columns whose range says how much an attribute changed; all where empty
    """
    table = Table(title=Text(title), title_justify="left", title_style="", box=SIMPLE_HEAD, padding=(0, 1))
    table.add_column("attribute", no_wrap=True)
    table.add_column("", no_wrap=True)
    for column in columns:
        table.add_column(Text(column), justify="right", no_wrap=True)
    scores = np.stack([columns[column] for column in compared or columns])
    rows = [axes.index(name) for name in roles]
    rows += [row for row in order_by_change(axes, scores) if row not in rows][:MOST_OTHERS]
    for row in rows:
        name, unit = axes.names[row], units(axes)[row]
        cells = [format_score(values[row], unit) for values in columns.values()]
        label = name if unit in ("logit", "") else f"{name} ({unit})"
        table.add_row(Text(label), roles.get(name, "follows" if roles else ""), *cells)
    return table


def order_by_change(axes: Axes, scores: np.ndarray) -> list[int]:
    """Rows of the axes, most changed first; attributes that no labeller scores are left out.

    Parameters
    ----------
    axes : Axes
    scores : float array, shape (n_pictures, n_axes)
        Changes count in standard deviations of the prediction over random latents.
    """
    spans = (scores.max(axis=0) - scores.min(axis=0)) / prediction_deviations(axes)
    return [int(row) for row in np.argsort(-spans, kind="stable") if np.isfinite(spans[row])]


def format_score(value: float, unit: str) -> str:
    """A score as text: a probability for logits, else the value; "–" where no labeller scores the attribute."""
    if math.isnan(value):
        return "–"
    return f"{0.5 * (1 + math.tanh(value / 2)):.3f}" if unit == "logit" else f"{value:.3g}"
