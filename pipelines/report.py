"""Stage `report`: one self-contained page that shows and scores the axes of a run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.files import find_weights
from pipelines.doors import ORACLE, generator_source
from pipelines.fit import read_fits
from pipelines.pictures import contact_sheet, png_bytes
from pipelines.recipe import Recipe
from pipelines.steps import Ledger, Step, find, run_folder
from tlgan.files import replacing
from tlgan.row_files import map_rows
from tlgan.version import __version__

if TYPE_CHECKING:
    from tlgan.axes import Axes

GOOD_SCORE = 0.75  # held-out score from which an axis counts as found
TEMPLATE = Path(__file__).parent / "templates" / "report.html"


def report_path(recipe: Recipe) -> Path:
    """Where the page of a recipe lies."""
    return run_folder(recipe.name) / "report.html"


def plan_report(recipe: Recipe, steps: Sequence[Step]) -> Step:
    """The step that writes `runs/<recipe>/report.html` and its strips."""
    options = recipe.report
    generator = generator_source(recipe)
    read = {step.title: step.fingerprint for step in steps if step.stage in ("fit", "orthogonalize")}

    def work(step: Step) -> None:
        step.output.parent.mkdir(parents=True, exist_ok=True)
        page, figures = render(recipe, steps, generator.open())
        write_figures(figures, step.output.parent / "figures")
        with replacing(step.output) as path:
            path.write_text(page, encoding="utf-8")

    return Step(
        stage="report",
        title="report",
        version=1,
        parameters={field: getattr(options, field) for field in options.__struct_fields__},
        inputs=read,
        place=lambda fingerprint: report_path(recipe),
        work=work,
    )


def write_figures(figures: dict[str, bytes], folder: Path) -> None:
    """Write every picture of the page as a PNG of its own; those of an earlier page go."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, png in figures.items():
        (folder / f"{name}.png").write_bytes(png)


def render(recipe: Recipe, steps: Sequence[Step], generator) -> tuple[str, dict[str, bytes]]:
    """The page as HTML, and its pictures as PNG by name."""
    import jinja2

    from pipelines.report_pictures import data_uri, heat_map
    from tlgan.axis_file import read_axes

    sample, axes_step = find(steps, "sample"), find(steps, "orthogonalize")
    axes = read_axes(axes_step.output)
    strongest = strongest_rows(axes, recipe.report.strips)
    raw, after = (vectors @ vectors.T for vectors in (axes.raw_directions, axes.directions))
    order = cluster_order(raw)
    names, square = [axes.names[row] for row in order], np.ix_(order, order)
    figures = {
        "samples": png_bytes(
            contact_sheet(map_rows(sample.output, "images", min(16, sample.rows)), columns=8)
        ),
        "cosines-raw": heat_map(raw[square], names, "Cosines between raw axes"),
        "cosines-after": heat_map(after[square], names, "Cosines after orthogonalisation"),
    } | strip_figures(recipe, axes, strongest, generator)
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = number
    page = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        recipe=recipe,
        generator=generator,
        axes=axes,
        base=", ".join(axes.base) or "nothing",
        version=__version__,
        found=sum(score >= GOOD_SCORE for score in axes.held_out),
        good_score=GOOD_SCORE,
        strongest=strongest,
        figures={name: data_uri(png) for name, png in figures.items()},
        rows=table_rows(axes, [step for step in steps if step.stage == "fit"]),
        mean_cosines=[_mean_off_diagonal(raw), _mean_off_diagonal(after)],
        labellers=[labeller_scores(name) for name in recipe.label.labellers],
        stages=stage_times(recipe, steps),
        parameters=json.dumps({step.title: step.parameters for step in steps}, indent=1),
    )
    return page, figures


def strip_figures(recipe: Recipe, axes: Axes, rows: Sequence[int], generator) -> dict[str, bytes]:
    """Strips of the axes in `rows`, raw and orthogonalised, and all of them for one face."""
    from pipelines.report_pictures import knobs, strip
    from tlgan.latents import draw_latents

    options = recipe.report
    latents = draw_latents(
        0, options.faces, generator.latent_dim, space=generator.latent_space, seed=options.seed
    )
    amounts = np.linspace(-options.reach, options.reach, options.steps)
    figures, first_faces = {}, []
    for row in rows:
        for kind, directions in (("raw", axes.raw_directions), ("after", axes.directions)):
            picture = strip(generator, latents, directions[row], amounts)
            figures[f"strip-{axes.names[row]}-{kind}"] = png_bytes(picture)
        first_faces.append(picture[: generator.resolution])
    if rows:
        figures["knobs"] = knobs(first_faces, [axes.names[row] for row in rows])
    return figures


def number(value: float, digits: int = 3, unit: str = "") -> str:
    """A number for people; a dash where it is not known."""
    return "–" if np.isnan(value) else f"{value:.{digits}f}{unit}"


def strongest_rows(axes: Axes, count: int) -> list[int]:
    """Rows of the axes with the best held-out score, best first; an axis without a score is left out."""
    best_first = np.argsort(-axes.held_out, kind="stable")  # NaN sorts last
    return [int(row) for row in best_first[:count] if not np.isnan(axes.held_out[row])]


def cluster_order(cosines: np.ndarray) -> list[int]:
    """An order of the axes in which similar ones stand together (average linkage on 1 − |cosine|)."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(cosines) < 3:
        return list(range(len(cosines)))
    distances = np.clip(1 - np.abs(cosines), 0, None)
    np.fill_diagonal(distances, 0)
    return [int(row) for row in leaves_list(linkage(squareform(distances, checks=False), "average"))]


def _mean_off_diagonal(cosines: np.ndarray) -> float:
    return float(np.abs(cosines[~np.eye(len(cosines), dtype=bool)]).mean()) if len(cosines) > 1 else 0.0


def table_rows(axes: Axes, fits: Sequence[Step]) -> list[dict[str, object]]:
    """One row for each fitted attribute, in alphabetical order; those without an axis too."""
    rows = []
    for step in fits:
        values, units = read_fits(step.output)
        for k, name in enumerate(values.names):
            rows.append(
                {
                    "name": name,
                    "base_rate": values.base_rates[k],
                    "held_out": values.held_out[k],
                    "slope": values.slopes[k],
                    "unit": units[k],
                    "angular_error": values.angular_errors[k],
                    "kept": axes.kept[axes.index(name)] if name in axes.names else float("nan"),
                    "flags": values.flags[k],
                }
            )
    return sorted(rows, key=lambda row: str(row["name"]).lower())


def labeller_scores(name: str) -> dict[str, object]:
    """The labeller's own test scores from beside its weights; empty where there are none."""
    if name == ORACLE:
        return {"name": name, "means": {}, "attributes": {}}
    card = find_weights(name, "labeller").with_suffix(".json")
    if not card.is_file():
        return {"name": name, "means": {}, "attributes": {}}
    metrics = json.loads(card.read_text(encoding="utf-8"))
    return {
        "name": name,
        "means": metrics["means"],
        "attributes": metrics["attributes"],
        "faces": metrics["test_faces"],
    }


def stage_times(recipe: Recipe, steps: Sequence[Step]) -> list[dict[str, object]]:
    """When and how long each stage last ran."""
    entries = Ledger(recipe.name).entries
    return [
        {
            "title": step.title,
            "file": step.output.name,
            **entries.get(step.title, {"seconds": None, "finished_utc": ""}),
        }
        for step in steps
        if step.stage != "report"
    ]
