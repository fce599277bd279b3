"""Charts and tables of pictures as PNG, drawn with matplotlib."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 3  # charts side by side
Points = tuple[Sequence[float] | np.ndarray, Sequence[float] | np.ndarray]  # xs, ys


def small_charts(charts: Mapping[str, Mapping[str, Points]], x: str) -> bytes:
    """Charts side by side, each with lines by name, as a PNG.

    Parameters
    ----------
    charts : mapping, title of a chart to its lines; a line is named where its chart has several
    x : str, what all of them go over
    """
    from matplotlib.figure import Figure

    columns = min(COLUMNS, len(charts))
    rows = -(-len(charts) // columns)
    figure = Figure(figsize=(0.4 + 3.4 * columns, 0.3 + 2.5 * rows), layout="constrained")
    panels = np.ravel(figure.subplots(rows, columns, squeeze=False))
    for panel, (title, lines) in zip(panels, charts.items(), strict=False):
        for name, (xs, ys) in lines.items():
            panel.plot(xs, ys, marker="o", markersize=3, label=name.replace("_", " "))
        panel.set_title(title, fontsize=9)
        panel.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        panel.locator_params(axis="x", nbins=4)
        panel.tick_params(labelsize=7)
        panel.grid(alpha=0.3)
        if len(lines) > 1:
            panel.legend(fontsize=7)
    for panel in panels[len(charts) :]:
        panel.set_axis_off()
    figure.supxlabel(x, fontsize=9)
    return figure_png(figure, dpi=110)


def titled_pictures(rows: Sequence[Sequence[tuple[np.ndarray, str]]], title: str) -> bytes:
    """A table of pictures, each with a title above it, as a PNG; the first column stands apart.

    Parameters
    ----------
    rows : sequences of (uint8 picture (h, w, 3), its title), equally many in each row, at least two
    title : str, above the whole
    """
    from matplotlib.figure import Figure

    columns = len(rows[0])
    figure = Figure(figsize=(0.3 + 1.3 * columns, 0.5 + 1.5 * len(rows)), layout="constrained")
    widths = {"width_ratios": [1, 0.15, *[1] * (columns - 1)]}
    panels = figure.subplots(len(rows), columns + 1, squeeze=False, gridspec_kw=widths)
    for line, pictures in zip(panels, rows, strict=True):
        line[1].set_axis_off()
        for panel, (picture, words) in zip([line[0], *line[2:]], pictures, strict=True):
            panel.imshow(picture, interpolation="bicubic")
            panel.set_title(words, fontsize=8)
            panel.set_axis_off()
    figure.suptitle(title, fontsize=9)
    return figure_png(figure, dpi=100)


def figure_png(figure: Figure, dpi: int) -> bytes:
    """A matplotlib figure as the bytes of a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, bbox_inches="tight", metadata={"Software": None})
    return buffer.getvalue()
