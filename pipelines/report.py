"""Stage `report`: one self-contained page that shows and scores the axes of a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.files import find_weights
from pipelines.fit import read_fits
from pipelines.recipe import Recipe
from pipelines.steps import Ledger, Step, find, run_folder
from tlgan.files import replacing
from tlgan.row_files import map_rows, read_attributes
from tlgan.version import __version__

if TYPE_CHECKING:
    from tlgan.axes import Axes

TEMPLATE = Path(__file__).parent / "templates" / "report.html"


def report_path(recipe: Recipe) -> Path:
    """Where the page of a recipe lies."""
    return run_folder(recipe.name) / "report.html"


def plan_report(recipe: Recipe, steps: Sequence[Step]) -> Step:
    """The step that writes `runs/<recipe>/report.html` and its strips."""
    options = recipe.report
    generator = find_weights(recipe.sample.generator, "generator")
    read = {step.title: step.fingerprint for step in steps if step.stage in ("fit", "orthogonalize")}

    def work(step: Step) -> None:
        from models.generator import load_generator

        page = render(recipe, steps, load_generator(generator))
        step.output.parent.mkdir(parents=True, exist_ok=True)
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


def render(recipe: Recipe, steps: Sequence[Step], generator) -> str:
    """The page as HTML."""
    import jinja2

    from pipelines.report_pictures import data_uri, heat_map
    from tlgan.axis_file import read_axes

    sample, axes_step = find(steps, "sample"), find(steps, "orthogonalize")
    axes = read_axes(axes_step.output)
    strongest = strongest_rows(axes, recipe.report.strips)
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = number
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    base = ", ".join(axes.base) or "nothing"
    raw, after = (vectors @ vectors.T for vectors in (axes.raw_directions, axes.directions))
    order = cluster_order(raw)
    names = [axes.names[row] for row in order]
    images = map_rows(sample.output, "images", min(16, sample.rows))
    return template.render(
        recipe=recipe,
        generator=generator,
        axes=axes,
        base=base,
        version=__version__,
        found=sum(score >= 0.75 for score in axes.held_out),
        samples=data_uri(np.concatenate([np.concatenate(list(row), 1) for row in images.reshape(-1, 8, *images.shape[1:])])),
        strips=[_strip_pair(recipe, axes, row, generator) for row in strongest],
        rows=table_rows(axes, [step for step in steps if step.stage == "fit"]),
        heat_maps=[
            ("as fitted", heat_map(raw[np.ix_(order, order)], names, "Cosines between raw axes")),
            (f"orthogonal to {base}", heat_map(after[np.ix_(order, order)], names, "Cosines after")),
        ],
        mean_cosines=[_mean_off_diagonal(raw), _mean_off_diagonal(after)],
        labellers=[labeller_scores(name) for name in recipe.label.labellers],
        stages=stage_times(recipe, steps),
        recipe_json=json.dumps({step.title: step.parameters for step in steps}, indent=1),
    )


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


def _strip_pair(recipe: Recipe, axes: Axes, row: int, generator) -> dict[str, object]:
    from pipelines.report_pictures import data_uri, strip
    from tlgan.latents import draw_latents

    options = recipe.report
    latents = draw_latents(0, options.faces, generator.latent_dim, space=generator.latent_space, seed=options.seed)
    amounts = np.linspace(-options.reach, options.reach, options.steps)
    pictures = [
        strip(generator, latents, directions[row], amounts) for directions in (axes.raw_directions, axes.directions)
    ]
    return {
        "name": axes.names[row],
        "score": axes.held_out[row],
        "kept": axes.kept[row],
        "raw": data_uri(pictures[0]),
        "after": data_uri(pictures[1]),
    }


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
    card = find_weights(name, "labeller").with_suffix(".json")
    if not card.is_file():
        return {"name": name, "means": {}, "attributes": {}}
    metrics = json.loads(card.read_text(encoding="utf-8"))
    return {"name": name, "means": metrics["means"], "attributes": metrics["attributes"], "faces": metrics["test_faces"]}


def stage_times(recipe: Recipe, steps: Sequence[Step]) -> list[dict[str, object]]:
    """When and how long each stage last ran."""
    entries = Ledger(recipe.name).entries
    return [
        {"title": step.title, "file": step.output.name, **entries.get(step.title, {"seconds": None, "finished_utc": ""})}
        for step in steps
        if step.stage != "report"
    ]
