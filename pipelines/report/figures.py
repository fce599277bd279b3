"""Figures of the report that need no evaluation: samples, cosines, learning curve, trainings, strips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from models.kinds import kind_of
from pipelines.artifacts.fits_file import read_fits, read_stability
from pipelines.artifacts.training_history import read_history
from pipelines.images.charts import small_charts
from pipelines.images.picture_files import contact_sheet, png_bytes
from pipelines.images.picture_note import PictureNote
from pipelines.recipe.load import Recipe
from pipelines.report.evaluation_figures import Figure
from pipelines.sources.best_faces import shown_latents
from pipelines.sources.source import Source
from pipelines.workflow.paths import run_folder
from pipelines.workflow.step import RunSteps
from tlgan.storage.row_files import read_attributes

if TYPE_CHECKING:
    from models.protocols import Generator
    from tlgan.axes.axes import Axes


def first_figures(
    images: np.ndarray, axes: Axes, cosines: Sequence[np.ndarray], order: Sequence[int]
) -> dict[str, Figure]:
    """The first pictures of the sample, and the cosines between axes as fitted and as the file has them."""
    from pipelines.report.plots import heat_map

    places = [(number // 8, number % 8, number) for number in range(len(images))]
    sheet = png_bytes(contact_sheet(images, columns=8))
    figures = {"samples": Figure(sheet, ("row", "column", "sample"), places)}
    names, square = [axes.names[row] for row in order], np.ix_(order, order)
    titles = ("Cosines between raw axes", "Cosines after orthogonalisation")
    pairs = zip(("raw", "after"), titles, cosines, strict=True)
    for kind, title, matrix in list(pairs)[: 1 if axes.method == "none" else 2]:
        values = matrix[square]
        rows = [[name, *row] for name, row in zip(names, values.tolist(), strict=True)]
        figures[f"cosines-{kind}"] = Figure(heat_map(values, names, title), ("axis", *names), rows)
    return figures


def learning_figure(steps: RunSteps) -> tuple[dict[str, Figure], list[str]]:
    """Angular error against the number of samples, as the fits store it, and the labellers without a curve."""
    from pipelines.report.plots import curves

    lines: dict[str, tuple[np.ndarray, np.ndarray, str]] = {}
    rows: list[tuple[Any, ...]] = []
    without: list[str] = []
    for label, fit in zip(steps.labels, steps.fits, strict=True):
        labeller = read_attributes(label.output)["labeller"]
        fits = read_fits(fit.output).fits
        stability = read_stability(fit.output)
        # With fewer samples the error says little.
        shown = stability.get("curve_counts", np.zeros(0)) >= 4 * fits.latent_dim
        if shown.sum() < 2:
            without.append(labeller)
            continue
        counts, errors, held_out = (
            stability[f"curve_{name}"][shown] for name in ("counts", "angular_errors", "held_out")
        )
        for name, summary in (("median", np.nanmedian), ("worst", np.nanmax)):
            lines[f"{labeller}, {name} axis"] = counts, summary(errors, axis=1), "-"
        for count, *values in zip(counts.tolist(), errors.tolist(), held_out.tolist(), strict=True):
            rows += zip([count] * len(fits.names), fits.names, *values, strict=True)
    if not lines:
        return {}, without
    png = curves(lines, "How fast the axes settle", "samples", "error of the direction, degrees", log=True)
    return {"learning": Figure(png, ("samples", "axis", "angular_error", "held_out"), rows)}, without


def training_figures(recipe: Recipe) -> dict[str, Figure]:
    """Curves over the training of each network of the recipe that was trained here, by its name."""
    figures = {}
    for name, options in recipe.networks.items():
        history = read_history(run_folder(recipe.name) / name)
        charts = history.charts(kind_of(options).curves) if history else {}
        if history and charts:
            rows = [
                (figure, *point)
                for curves in charts.values()
                for figure, curve in curves.items()
                for point in zip(*curve, strict=True)
            ]
            png = small_charts(charts, history.unit)
            figures[f"training-{name}"] = Figure(png, ("figure", history.unit, "value"), rows)
    return figures


def strip_figures(
    recipe: Recipe,
    axes: Axes,
    rows: Sequence[int],
    generator: Generator,
    discriminator: Source | None = None,
) -> dict[str, Figure]:
    """Strips of the axes in `rows`: raw, orthogonalised if they are, with a regressor local; and all for one face.

    The strips of one face are local where the regressor knows the attribute, else as the axis file has the axis.
    """
    from pipelines.report.plots import draw_strip, stack_strips
    from tlgan.editing.axis_strip import strip_strengths

    options = recipe.report
    latents = shown_latents(recipe, generator, discriminator, options.faces, options.seed, options.best_of)
    strengths = strip_strengths(options.reach, options.steps)
    head = ("face", "seed", *(f"column_{place}_sd" for place in range(len(strengths))))
    data = [[face, options.seed, *strengths.tolist()] for face in range(options.faces)]
    note = PictureNote(
        command="report",
        generator=axes.generator[:200],
        generator_sha256=axes.generator_sha256,
        options={"row_seed": options.seed, "rows": options.faces},
    )
    figures, first_faces = {}, []
    for name in (axes.names[row] for row in rows):
        kinds = [("raw", "raw")] + ([("after", "orthogonalized")] if axes.method != "none" else [])
        if axes.regressor is not None and name in axes.regressor.names:
            kinds.append(("local", "local"))
        for kind, edit in kinds:
            picture = draw_strip(generator, axes, name, latents, strengths, edit)
            figures[f"strip-{name}-{kind}"] = Figure(png_bytes(picture, note=note), head, data)
        first_faces.append(picture[: generator.resolution])
    if rows:
        names = [axes.names[row] for row in rows]
        stacked = stack_strips(first_faces, names)
        figures["strips-of-one-face"] = Figure(stacked, ("axis",), [[name] for name in names])
    return figures
