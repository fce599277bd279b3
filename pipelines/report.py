"""Stage `report`: one self-contained page that shows and scores the axes of a run."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.files import find_weights
from pipelines.doors import ORACLE, generator_source
from pipelines.evaluate import read_evaluation
from pipelines.fit import read_fits
from pipelines.pictures import contact_sheet, png_bytes
from pipelines.recipe import Recipe
from pipelines.report_evaluation import Evaluated, Figure, evaluation_figures, last_evaluation
from pipelines.steps import Ledger, Step, find, run_folder
from pipelines.verdicts import RULES, WORDS, axis_verdicts, edit_of
from tlgan.errors import UserError
from tlgan.files import replacing
from tlgan.row_files import map_rows, read_attributes
from tlgan.version import __version__

if TYPE_CHECKING:
    from jinja2 import Template

    from tlgan.axes import Axes

TEMPLATES = Path(__file__).parent / "templates"


def report_path(recipe: Recipe) -> Path:
    """Where the page of a recipe lies."""
    return run_folder(recipe.name) / "report.html"


def plan_report(recipe: Recipe, steps: Sequence[Step]) -> Step:
    """The step that writes `runs/<recipe>/report.html` and its strips."""
    options = recipe.report
    generator = generator_source(recipe)
    read = {step.title: step.fingerprint for step in steps if step.stage in ("fit", "orthogonalize")}
    evaluated = last_evaluation(Ledger(recipe.name), steps)
    if evaluated:
        read["evaluate"] = evaluated.fingerprint

    def work(step: Step) -> None:
        step.output.parent.mkdir(parents=True, exist_ok=True)
        page, figures = render(recipe, steps, generator.open(), evaluated)
        write_figures(figures, step.output.parent / "figures")
        with replacing(step.output) as path:
            path.write_text(page, encoding="utf-8")

    return Step(
        stage="report",
        title="report",
        version=2,
        parameters={field: getattr(options, field) for field in options.__struct_fields__},
        inputs=read,
        place=lambda fingerprint: report_path(recipe),
        work=work,
    )


def write_figures(figures: dict[str, Figure], folder: Path) -> None:
    """Write every picture of the page as a PNG, its data beside it as CSV; those of an earlier page go."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, figure in figures.items():
        name = name.replace("/", "_")
        (folder / f"{name}.png").write_bytes(figure.png)
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([figure.columns, *figure.rows])


def render(
    recipe: Recipe, steps: Sequence[Step], generator, evaluated: Evaluated | None = None
) -> tuple[str, dict[str, Figure]]:
    """The page as HTML, and its figures by name."""
    from pipelines.report_pictures import data_uri
    from tlgan.axis_file import read_axes

    axes = read_axes(find(steps, "orthogonalize").output)
    strongest = strongest_rows(axes, recipe.report.strips)
    cosines = [vectors @ vectors.T for vectors in (axes.raw_directions, axes.directions)]
    order = cluster_order(cosines[0])
    figures = first_figures(find(steps, "sample"), axes, cosines, order)
    figures |= strip_figures(recipe, axes, strongest, generator) | learning_figure(steps)
    evaluation = read_evaluation(evaluated.path) if evaluated else None
    if evaluated and evaluation:
        figures |= evaluation_figures(evaluation, evaluated.path, axes, order)
    verdicts = axis_verdicts(axes, evaluation)
    page = template("report.html").render(
        recipe=recipe,
        generator=generator,
        axes=axes,
        base=", ".join(axes.base) or "nothing",
        version=__version__,
        verdicts=verdicts,
        counts=Counter(verdict.word for verdict in verdicts.values()),
        verdict_words=WORDS,
        rules=RULES,
        evaluation=evaluation,
        edit=edit_of(evaluation) if evaluation else "",
        strongest=strongest,
        figures={name: data_uri(figure.png) for name, figure in figures.items()},
        rows=table_rows(axes, [step for step in steps if step.stage == "fit"]),
        mean_cosines=[_mean_off_diagonal(matrix) for matrix in cosines],
        labellers=[labeller_scores(name) for name in recipe.label.labellers],
        stages=stage_times(recipe, steps),
        parameters=json.dumps({step.title: step.parameters for step in steps}, indent=1),
    )
    return page, figures


def template(name: str) -> Template:
    """A page to fill in; what is filled in cannot write tags into it."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FileSystemLoader(TEMPLATES),
    )
    environment.filters |= {"number": number, "words": lambda name: name.replace("_", " ")}
    return environment.get_template(name)


def first_figures(
    sample: Step, axes: Axes, cosines: Sequence[np.ndarray], order: Sequence[int]
) -> dict[str, Figure]:
    """The first pictures of the sample, and the cosines between axes as fitted and as the file has them."""
    from pipelines.report_pictures import heat_map

    shown = min(16, sample.rows)
    sheet = contact_sheet(map_rows(sample.output, "images", shown), columns=8)
    figures = {
        "samples": Figure(
            png_bytes(sheet), ("row", "column", "sample"), [(n // 8, n % 8, n) for n in range(shown)]
        )
    }
    names, square = [axes.names[row] for row in order], np.ix_(order, order)
    titles = ("Cosines between raw axes", "Cosines after orthogonalisation")
    for kind, title, matrix in zip(("raw", "after"), titles, cosines, strict=True):
        values = matrix[square]
        rows = [[name, *row] for name, row in zip(names, values.tolist(), strict=True)]
        figures[f"cosines-{kind}"] = Figure(heat_map(values, names, title), ("axis", *names), rows)
    return figures


def learning_figure(steps: Sequence[Step]) -> dict[str, Figure]:
    """Angular error against the number of samples; nothing where there are too few to halve."""
    from pipelines.report_pictures import curves
    from tlgan.fits import probabilities
    from tlgan.stability import learning_curve

    sample = find(steps, "sample")
    latents = map_rows(sample.output, "latents", sample.rows)
    counts = [count for part in (16, 8, 4, 2, 1) if (count := sample.rows // part) >= 4 * latents.shape[1]]
    lines, rows = {}, []
    for fit in (step for step in steps if step.stage == "fit"):
        label = next(step for step in steps if step.fingerprint == fit.inputs["label"])
        facts = read_attributes(label.output)
        scores = np.asarray(map_rows(label.output, "scores", label.rows))
        options = {key: fit.parameters[key] for key in ("family", "ridge", "held_out", "covariance", "seed")}
        if options["family"] == "binomial":
            scores = probabilities(scores, facts["kinds"])
        try:
            curve = learning_curve(latents, scores, facts["names"], facts["kinds"], counts, **options)
        except UserError:  # a category is missing from the first samples, or there are too few
            continue
        for name, summary in (("median", np.nanmedian), ("worst", np.nanmax)):
            lines[f"{facts['labeller']}, {name} axis"] = (
                curve.counts,
                summary(curve.angular_errors, axis=1),
                "-",
            )
        for count, errors, held_out in zip(curve.counts, curve.angular_errors, curve.held_out, strict=True):
            rows += zip(
                [int(count)] * len(errors), facts["names"], errors.tolist(), held_out.tolist(), strict=False
            )
    if not lines:
        return {}
    png = curves(lines, "How fast the axes settle", "samples", "error of the direction, degrees", log=True)
    return {"learning": Figure(png, ("samples", "axis", "angular_error", "held_out"), rows)}


def strip_figures(recipe: Recipe, axes: Axes, rows: Sequence[int], generator) -> dict[str, Figure]:
    """Strips of the axes in `rows`, raw and orthogonalised, and all of them for one face."""
    from pipelines.report_pictures import knobs, strip
    from tlgan.latents import draw_latents

    options = recipe.report
    latents = draw_latents(
        0, options.faces, generator.latent_dim, space=generator.latent_space, seed=options.seed
    )
    amounts = np.linspace(-options.reach, options.reach, options.steps)
    head = ("face", "seed", *(f"column_{place}_sd" for place in range(len(amounts))))
    data = [[face, options.seed, *amounts.tolist()] for face in range(options.faces)]
    figures, first_faces = {}, []
    for row in rows:
        for kind, directions in (("raw", axes.raw_directions), ("after", axes.directions)):
            picture = strip(generator, latents, directions[row], amounts)
            figures[f"strip-{axes.names[row]}-{kind}"] = Figure(png_bytes(picture), head, data)
        first_faces.append(picture[: generator.resolution])
    if rows:
        names = [axes.names[row] for row in rows]
        figures["knobs"] = Figure(knobs(first_faces, names), ("axis",), [[name] for name in names])
    return figures


def number(value: float | None, digits: int = 3, unit: str = "") -> str:
    """A number for people; a dash where it is not known."""
    return "–" if value is None or np.isnan(value) else f"{value:.{digits}f}{unit}"


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


def table_rows(axes: Axes, fits: Sequence[Step]) -> list[dict[str, Any]]:
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
