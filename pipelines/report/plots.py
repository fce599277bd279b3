"""Pictures of the report: strips of edited faces, heat maps, curves, intervals and points."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipelines.images.charts import figure_png as _png
from pipelines.images.picture_files import contact_sheet

if TYPE_CHECKING:
    from models.protocols import Generator
    from tlgan.axes.axes import Axes

Line = tuple[Sequence[float] | np.ndarray, Sequence[float] | np.ndarray, str]  # xs, ys, style


def draw_strip(
    generator: Generator, axes: Axes, name: str, latents: np.ndarray, strengths: np.ndarray, edit: str
) -> np.ndarray:
    """Draw faces at several strengths of one axis: a row for each face, a column for each strength.

    Parameters
    ----------
    generator : Generator
    axes : Axes
    name : str, of the axis
    latents : float array, shape (faces, latent_dim)
    strengths : float array, shape (columns,), see `tlgan.editing.axis_strip`
    edit : str, see `tlgan.editing.axis_strip.axis_strip`

    Returns
    -------
    uint8 array, shape (faces · R, columns · R, 3)
    """
    from tlgan.editing.axis_strip import trace_strip  # brings SciPy, which `status` does without

    moved = trace_strip(axes, latents, name, strengths, edit=edit).latents
    images = generator(moved.reshape(-1, latents.shape[1]).astype(np.float32))
    return contact_sheet(images, columns=len(strengths))


def data_uri(png: bytes) -> str:
    """A PNG inside an address."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def stack_strips(strips: Sequence[np.ndarray], names: Sequence[str]) -> bytes:
    """One strip of a single face for each name, one below the other, as a labelled PNG."""
    from matplotlib.figure import Figure

    height, width = strips[0].shape[:2]
    figure = Figure(figsize=(2.0 + 0.9 * width / height, 0.9 * len(strips)), layout="constrained")
    panels = np.atleast_1d(figure.subplots(len(strips), 1))
    for panel, picture, name in zip(panels, strips, names, strict=True):
        panel.imshow(picture, interpolation="bicubic")
        panel.set_ylabel(name.replace("_", " "), rotation=0, ha="right", va="center", fontsize=11)
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
    return _png(figure, dpi=100)


def captioned_sheet(columns: Sequence[np.ndarray], names: Sequence[str]) -> bytes:
    """Columns of pictures with their names above them, as a PNG.

    Parameters
    ----------
    columns : sequence of uint8 arrays, shape (rows, R, R, 3), all of one shape
    names : of the columns
    """
    from matplotlib.figure import Figure

    pictures = np.stack(columns, axis=1)
    rows, count, side = pictures.shape[:3]
    sheet = contact_sheet(pictures.reshape(-1, *pictures.shape[2:]), columns=count)
    figure = Figure(figsize=(1.2 * count, 0.5 + 1.2 * rows), layout="constrained")
    panel = figure.subplots()
    panel.imshow(sheet, interpolation="bicubic")
    panel.xaxis.tick_top()
    panel.set_xticks((np.arange(count) + 0.5) * side, names, fontsize=9)
    panel.set(yticks=[])
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    return _png(figure, dpi=110)


def heat_map(
    values: np.ndarray, names: Sequence[str], title: str, columns: Sequence[str] = (), unit: str = "cosine"
) -> bytes:
    """A matrix between −1 and 1 as a PNG; blue is −1, white 0, red 1, grey unknown."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    columns = columns or names
    height, width = 2.2 + 0.17 * len(names), 2.2 + 0.17 * len(columns)
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    colours = colormaps["RdBu_r"].with_extremes(bad="#bbbbbb")
    image = axes.imshow(values, cmap=colours, vmin=-1, vmax=1)
    axes.set_xticks(
        range(len(columns)), [name.replace("_", " ") for name in columns], rotation=90, fontsize=7
    )
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names], fontsize=7)
    axes.set_title(title, fontsize=10)
    figure.colorbar(image, shrink=0.6, label=unit)
    return _png(figure, dpi=110)


def curves(lines: Mapping[str, Line], title: str, x: str, y: str, log: bool = False) -> bytes:
    """Lines with markers by name, each (xs, ys, style), as a PNG; `log` is for both scales."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.8), layout="constrained")
    axes = figure.subplots()
    for name, (xs, ys, style) in lines.items():
        axes.plot(xs, ys, style, marker="o", markersize=4, label=name)
    if log:
        axes.set(xscale="log", yscale="log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("{x:g}")
        counts = sorted({int(count) for xs, _, _ in lines.values() for count in xs})
        axes.set_xticks(counts, [f"{count:,}" for count in counts])
        axes.set_xticks([], minor=True)
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return _png(figure, dpi=110)


def intervals(
    groups: Mapping[str, np.ndarray], names: Sequence[str], title: str, x: str, ideal: float | None = None
) -> bytes:
    """Values with intervals, a line for each name and a colour for each group, as a PNG.

    Parameters
    ----------
    groups : mapping, group to float array, shape (len(names), 3): value, low, high
    ideal : float or None, where a dashed line stands
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 1.4 + 0.2 * len(names) * max(1.0, 0.7 * len(groups))), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(names))
    for number, (group, values) in enumerate(groups.items()):
        at = places + 0.22 * (number - (len(groups) - 1) / 2)
        value, low, high = np.asarray(values, dtype=float).T
        errors = np.maximum(0, np.nan_to_num([value - low, high - value]))
        axes.errorbar(value, at, xerr=errors, fmt="o", markersize=4, capsize=2, label=group)
    if ideal is not None:
        axes.axvline(ideal, color="0.4", linestyle="--", linewidth=1)
    axes.set_yticks(places, [name.replace("_", " ") for name in names], fontsize=8)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set(title=title, xlabel=x)
    axes.grid(alpha=0.3, axis="x")
    if len(groups) > 1:
        figure.legend(fontsize=8, loc="outside lower center", ncols=len(groups))
    return _png(figure, dpi=110)


def scatter(points: Mapping[str, tuple[np.ndarray, np.ndarray]], title: str, across: str, up: str) -> bytes:
    """Points by group, each (xs, ys), beside the line of equality, as a PNG; NaN are left out."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6, 4.4), layout="constrained")
    axes = figure.subplots()
    every = np.concatenate([np.ravel(values) for group in points.values() for values in group])
    ends = [float(np.nanmin(every)), float(np.nanmax(every))] if np.isfinite(every).any() else [0.0, 1.0]
    axes.plot(ends, ends, color="0.4", linestyle="--", linewidth=1)
    for name, (x, y) in points.items():
        axes.plot(x, y, "o", markersize=4, alpha=0.6, label=name)
    axes.set(title=title, xlabel=across, ylabel=up)
    axes.grid(alpha=0.3)
    if len(points) > 1:
        axes.legend(fontsize=8)
    return _png(figure, dpi=110)
