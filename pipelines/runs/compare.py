"""Two finished runs side by side: `runs/compare-<first>-<second>.html`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.artifacts.evaluation_file import read_evaluation
from pipelines.evaluation.verdicts import Verdict, axis_verdicts, best_first, edit_of
from pipelines.images.picture_files import png_bytes
from pipelines.planning.plan import Plan, make_plan
from pipelines.recipe.load import Recipe
from pipelines.report.evaluation_figures import last_evaluation
from pipelines.report.template import template
from pipelines.sources.generators import generator_source
from pipelines.workflow.ledger import Ledger
from tlgan.errors import UserError
from tlgan.storage.atomic_files import replacing
from tlgan.storage.home import home

if TYPE_CHECKING:
    from tlgan.axes.axes import Axes

STRIPS = 6


@dataclass(frozen=True)
class Run:
    """What a finished run is compared by; `judged` holds the judge's figures by axis."""

    recipe: Recipe
    axes: Axes
    verdicts: dict[str, Verdict]
    evaluation: dict[str, Any] | None
    judged: dict[str, dict[str, Any]]


def write_comparison(first: Recipe, second: Recipe) -> Path:
    """Write the page that compares two runs; returns where it lies.

    Raises
    ------
    UserError
        Where a run is not finished, or the latent sizes differ.
    """
    runs = [read_run(make_plan(recipe)) for recipe in (first, second)]
    page = home() / "runs" / f"compare-{first.name}-{second.name}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    text = template("compare.html").render(
        runs=runs, rows=compared(*runs), strips=strips(*runs), edits=[_edit(run) for run in runs]
    )
    with replacing(page) as path:
        path.write_text(text, encoding="utf-8")
    return page


def read_run(plan: Plan) -> Run:
    """The axes of a run that has been made, and its last evaluation."""
    from tlgan.formats.axis_file import read_axes

    recipe, path = plan.recipe, plan.axes.output
    if not path.is_file():
        raise UserError(
            f"{path}: the axes of '{recipe.name}' are not there. Make them with `{recipe.command('run')}`."
        )
    axes = read_axes(path)
    evaluated = last_evaluation(Ledger(recipe.name), plan)
    evaluation = read_evaluation(evaluated.path) if evaluated and evaluated.path.is_file() else None
    rows = evaluation["by_edit"][edit_of(evaluation)]["by_axis"] if evaluation else []
    return Run(recipe, axes, axis_verdicts(axes, evaluation), evaluation, {row["name"]: row for row in rows})


def compared(first: Run, second: Run) -> list[dict[str, Any]]:
    """One row for each name that either run has: cosines, and what each run says of its own axis."""
    from tlgan.axes.compare import compare_axes

    rows = []
    final = {pair.name: pair.cosine for pair in compare_axes(first.axes, second.axes)}
    for pair in compare_axes(first.axes, second.axes, raw=True):
        sides = [_side(run, pair.name) for run in (first, second)]
        near = (pair.nearest_in_second, pair.cosine_in_second)
        rows.append(
            {
                "name": pair.name,
                "cosine": pair.cosine,
                "final": final[pair.name],
                "angle": pair.angle,
                "errors": (pair.standard_error, pair.systematic_error),
                "nearest": near,
                "sides": sides,
            }
        )
    return rows


def _side(run: Run, name: str) -> dict[str, Any]:
    if name not in run.axes.names:
        return {"held_out": (None, None, None), "slope": None, "verdict": "no such axis", "leakage": None}
    row = run.axes.index(name)
    return {
        "held_out": tuple(
            float(values[row])
            for values in (run.axes.held_out, run.axes.held_out_low, run.axes.held_out_high)
        ),
        "slope": float(run.axes.slopes[row]),
        "verdict": str(run.verdicts[name]),
        "leakage": run.judged.get(name, {}).get("mean_dependency"),
    }


def _edit(run: Run) -> str:
    return edit_of(run.evaluation) if run.evaluation else ""


def strips(first: Run, second: Run) -> list[dict[str, Any]]:
    """The same faces along the axes of both runs; nothing where the generators differ."""
    from pipelines.report.plots import data_uri, draw_strip
    from tlgan.editing.axis_strip import strip_strengths
    from tlgan.latents.sampling import draw_latents

    sources = [generator_source(run.recipe) for run in (first, second)]
    if sources[0].fingerprint != sources[1].fingerprint:
        return []
    generator, options = sources[0].open(), first.recipe.report
    latents = draw_latents(
        0, options.faces, generator.latent_dim, space=generator.latent_space, seed=options.seed
    )
    strengths = strip_strengths(options.reach, options.steps)
    names = [first.axes.names[row] for row in best_first(first.axes, first.verdicts)]
    found = []
    for name in [name for name in names if name in second.axes.names][:STRIPS]:
        pictures = []
        for run in (first, second):
            picture = draw_strip(generator, run.axes, name, latents, strengths, "orthogonalized")
            pictures.append(data_uri(png_bytes(picture)))
        found.append({"name": name, "pictures": pictures})
    return found
