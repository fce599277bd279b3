"""Stage `report`: one self-contained page that shows and scores the axes of a run."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.weights.card import read_card
from models.weights.locate import find_weights
from pipelines.artifacts.evaluation_file import read_evaluation
from pipelines.artifacts.fits_file import read_fits, without_direction
from pipelines.evaluation.verdict_rules import TOO_RARE, WORDS
from pipelines.evaluation.verdicts import Verdict, axis_verdicts, best_first, edit_of, rules_of, usable_axes
from pipelines.recipe.load import Recipe
from pipelines.recipe.sections import as_mapping
from pipelines.report.evaluation_figures import Evaluated, Figure, evaluation_figures, last_evaluation
from pipelines.report.figures import first_figures, learning_figure, strip_figures, training_figures
from pipelines.report.template import template
from pipelines.report.translators import translator_figures, translator_inputs
from pipelines.sources.best_faces import discriminator_source
from pipelines.sources.generators import picture_source
from pipelines.sources.source import Source
from pipelines.sources.synthetic import KNOWN_FACTORS_SPELLINGS
from pipelines.stages.label import framings
from pipelines.stages.sample import sampled_images
from pipelines.workflow.ledger import Ledger
from pipelines.workflow.lock import one_writer
from pipelines.workflow.manifest import folder_entry, write_manifest
from pipelines.workflow.paths import run_folder
from pipelines.workflow.step import RunSteps, Step
from tlgan.axes.compare import cosine_intervals
from tlgan.axes.rarity import rare_axes
from tlgan.storage.atomic_files import replacing, replacing_folder
from tlgan.version import __version__

if TYPE_CHECKING:
    from models.protocols import Generator
    from tlgan.axes.axes import Axes

FIGURES = "figures"  # folder of the pictures of the page


def report_path(recipe: Recipe) -> Path:
    """Where the page of a recipe lies."""
    return run_folder(recipe.name) / "report.html"


def plan_report(recipe: Recipe, steps: RunSteps) -> Step:
    """The step that writes `runs/<recipe>/report.html` and its strips."""
    options = recipe.report
    generator = picture_source(recipe)
    discriminator = discriminator_source(recipe, generator) if options.best_of > 1 else None
    inputs = {step.title: step.fingerprint for step in (*steps.fits, steps.axes)}
    inputs |= translator_inputs(recipe, steps.shown_faces)
    evaluated = last_evaluation(Ledger(recipe.name), steps)
    if evaluated:
        inputs["evaluate"] = evaluated.fingerprint
    parameters = as_mapping(options)
    if discriminator:
        inputs["discriminator"] = discriminator.fingerprint
    else:  # nothing is chosen, so pages of earlier versions stay fresh
        del parameters["best_of"]

    def work(step: Step) -> None:
        step.output.parent.mkdir(parents=True, exist_ok=True)
        page, figures = render(recipe, steps, generator.open(), evaluated, discriminator)
        write_report(page.encode(), figures, step)

    return Step(
        stage="report",
        uses_networks=True,
        title="report",
        version=5,
        parameters=parameters,
        inputs=inputs,
        place=lambda fingerprint: report_path(recipe),
        stored_entry=lambda page: folder_entry(page.parent / FIGURES),
        work=one_writer(work),
    )


def write_report(page: bytes, figures: dict[str, Figure], step: Step) -> None:
    """Write the page; before it every picture as a PNG, its data beside it as CSV. Earlier ones go.

    The manifest in the folder of the figures has the hash of the page, too: it is complete with the page alone.
    """
    with replacing_folder(step.output.parent / FIGURES) as partial:
        for name, figure in figures.items():
            name = name.replace("/", "_")
            (partial / f"{name}.png").write_bytes(figure.png)
            with (partial / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([figure.columns, *figure.rows])
        write_manifest(partial, step, {f"../{step.output.name}": hashlib.sha256(page).hexdigest()})
    with replacing(step.output) as path:
        path.write_bytes(page)


def render(
    recipe: Recipe,
    steps: RunSteps,
    generator: Generator,
    evaluated: Evaluated | None = None,
    discriminator: Source | None = None,
) -> tuple[str, dict[str, Figure]]:
    """Fill in the page: its HTML, and its figures by name.

    Parameters
    ----------
    recipe : Recipe
    steps : RunSteps, the plan; all up to `orthogonalize` are done
    generator : Generator, opened
    evaluated : Evaluated, optional, the evaluation to show
    discriminator : Source, optional, by whose scores the faces of the strips are chosen
    """
    from pipelines.report.plots import data_uri
    from tlgan.formats.axis_file import read_axes

    axes = read_axes(steps.axes.output)
    evaluation = read_evaluation(evaluated.path) if evaluated else None
    verdicts = axis_verdicts(axes, evaluation)
    strongest = best_first(axes, verdicts)[: recipe.report.strips]
    cosines = [vectors @ vectors.T for vectors in (axes.raw_directions, axes.directions)]
    order = cluster_order(cosines[0])
    images = sampled_images(steps.sample, slice(0, min(16, steps.sample.rows)), lambda: generator)
    figures = first_figures(images, axes, cosines, order)
    learning, without_curve = learning_figure(steps)
    trainings = training_figures(recipe)
    translations, translators = translator_figures(recipe, steps.shown_faces, images)
    figures |= strip_figures(recipe, axes, strongest, generator, discriminator) | learning | trainings
    figures |= translations
    if evaluated and evaluation:
        figures |= evaluation_figures(evaluation, evaluated.path, axes, order)
    page = template("report.html").render(
        recipe=recipe,
        generator=generator,
        axes=axes,
        base=", ".join(axes.base) or "nothing",
        version=__version__,
        strongest=strongest,
        without_curve=without_curve,
        chosen_of=recipe.report.best_of if discriminator else 1,
        trainings=[name.removeprefix("training-") for name in trainings],
        translators=translators,
        figures={name: data_uri(figure.png) for name, figure in figures.items()},
        rows=table_rows(axes, steps.fits, evaluation),
        missing=missing_axes(axes, steps.fits),
        framings=framings(steps.labels),
        mean_cosines=[_mean_off_diagonal(matrix) for matrix in cosines],
        labellers=[labeller_scores(name) for name in recipe.label.labellers],
        stages=stage_times(recipe, steps.from_sample()),
        parameters=json.dumps({step.title: step.parameters for step in steps.from_sample()}, indent=1),
        rare=rare_axes(axes).tolist(),
        cosine_errors=_cosine_errors(axes),
        **_verdict_fields(verdicts, evaluation),
    )
    return page, figures


def _verdict_fields(verdicts: dict[str, Verdict], evaluation: dict[str, Any] | None) -> dict[str, Any]:
    """What the page says of the evaluation, and the verdicts with their rules."""
    return {
        "verdicts": dict(sorted(verdicts.items(), key=lambda pair: pair[1].word == TOO_RARE)),  # these last
        "counts": Counter(verdict.word for verdict in verdicts.values()),
        "verdict_words": WORDS,
        "rules": rules_of(evaluation),
        "evaluation": evaluation,
        "edit": edit_of(evaluation) if evaluation else "",
        "usable": {edit: usable_axes(evaluation, edit) for edit in evaluation["edits"]} if evaluation else {},
    }


def cluster_order(cosines: np.ndarray) -> list[int]:
    """An order of the axes in which similar ones are side by side (average linkage on 1 − |cosine|)."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(cosines) < 3:
        return list(range(len(cosines)))
    distances = np.clip(1 - np.abs(cosines), 0, None)
    np.fill_diagonal(distances, 0)
    return [int(row) for row in leaves_list(linkage(squareform(distances, checks=False), "average"))]


def _mean_off_diagonal(cosines: np.ndarray) -> float:
    return float(np.abs(cosines[~np.eye(len(cosines), dtype=bool)]).mean()) if len(cosines) > 1 else 0.0


def _cosine_errors(axes: Axes) -> list[float]:
    """Median and largest half-width of the 95 % intervals of cosines between raw axes; NaN where unknown."""
    low, high = cosine_intervals(axes, raw=True)
    widths = (high - low)[~np.eye(len(axes), dtype=bool)] / 2
    return (
        [float(part(widths)) for part in (np.nanmedian, np.nanmax)]
        if np.isfinite(widths).any()
        else [np.nan] * 2
    )


def table_rows(
    axes: Axes, fits: Sequence[Step], evaluation: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """One row for each fitted attribute, in alphabetical order; those without an axis too."""
    rows = []
    systematic = dict(zip(axes.names, axes.systematic_errors, strict=True))
    for row in (evaluation or {}).get("by_axis", ()):  # where the judge has a say, too
        systematic[row["name"]] = row.get("systematic_error", float("nan"))
    for step in fits:
        values, units = read_fits(step.output)
        for k, name in enumerate(values.names):
            rows.append(
                {
                    "name": name,
                    "base_rate": values.base_rates[k],
                    "positives": values.positives[k] + values.held_out_positives[k],
                    "held_out": values.held_out[k],
                    "held_out_low": values.held_out_low[k],
                    "held_out_high": values.held_out_high[k],
                    "slope": values.slopes[k],
                    "unit": units[k],
                    "angular_error": values.angular_errors[k],
                    "systematic_error": systematic.get(name, float("nan")),
                    "kept": axes.kept_cosines[axes.index(name)] if name in axes.names else float("nan"),
                    "flags": values.flags[k],
                }
            )
    return sorted(rows, key=lambda row: str(row["name"]).lower())


def missing_axes(axes: Axes, fits: Sequence[Step]) -> dict[str, str]:
    """Fitted attributes that have no axis, each with the reason."""
    reasons = {name: reason for step in fits for name, reason in without_direction(step.output).items()}
    names = [name for step in fits for name in read_fits(step.output).fits.names]
    dependent = "depends on axes before it, and was left out: drop_collinear"
    return {name: reasons.get(name, dependent) for name in names if name not in axes.names}


def labeller_scores(name: str) -> dict[str, object]:
    """The labeller's own test scores from beside its weights; empty where there are none."""
    unknown: dict[str, object] = {"name": name, "means": {}, "attributes": {}}
    if name in KNOWN_FACTORS_SPELLINGS:
        return unknown
    metrics = read_card(find_weights(name, "labeller"))
    if not {"means", "attributes", "test_faces"} <= metrics.keys():
        return unknown
    return {
        "name": name,
        "means": metrics["means"],
        "attributes": metrics["attributes"],
        "faces": metrics["test_faces"],
        "pictures": "pictures of people" if metrics.get("test_identities_are_held_out") else "pictures",
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
