"""Stage `fit`: one generalised linear model for each attribute of a labeller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pipelines.artifacts.fits_file import write_fits
from pipelines.artifacts.labels_file import Labels, read_labels
from pipelines.execution.local import open_fit_tables
from pipelines.recipe.load import Recipe
from pipelines.recipe.sections import Fit, as_mapping
from pipelines.workflow.lock import one_writer
from pipelines.workflow.paths import in_cache
from pipelines.workflow.progress import say
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.storage.row_files import map_rows

if TYPE_CHECKING:
    from tlgan.regression.fit import Fits
    from tlgan.regression.streaming.row_stream import Table


def plan_fit(recipe: Recipe, sample: Step, label: Step) -> Step:
    """Plan the step that fits the axes of one labeller's attributes."""
    options = recipe.fit
    return Step(
        stage="fit",
        title=label.title.replace("label", "fit", 1),
        version=3,
        parameters={
            "count": sample.rows,
            "family": options.family,
            "held_out": options.held_out,
            "ridge": options.ridge,
            "covariance": options.covariance,
            "seed": options.seed,
        },
        inputs={"sample": sample.fingerprint, "label": label.fingerprint},
        place=in_cache("fits"),
        work=one_writer(lambda step: _fit(recipe, sample, label, step)),
    )


def _fit(recipe: Recipe, sample: Step, label: Step, step: Step) -> None:
    from tlgan.regression.fit import fit_glms

    latents = map_rows(sample.output, "latents", sample.rows)
    labels = read_labels(label.output, label.rows)
    settings = as_mapping(recipe.fit)
    found: list[tuple[float, Fits, Candidate]] = []
    for candidate in family_candidates(recipe.fit, labels):
        with open_fit_tables(recipe, sample, latents, candidate.responses) as tables:
            data = tables.latents, tables.responses, labels.names, labels.kinds
            settings["family"] = candidate.families
            fits = fit_glms(*data, **settings, worker_pool=tables.pool)
        found.append((held_out_area(fits), fits, candidate))
    _, fits, chosen = max(found, key=lambda one: one[0])  # the first of equals
    if len(found) > 1:
        areas = ", ".join(f"{one.name} {area:.4f}" for area, _, one in found)
        say(f"  family: {chosen.name} (mean held-out AUC: {areas})")
    settings["family"] = chosen.families
    with open_fit_tables(recipe, sample, latents, chosen.responses) as tables:
        data = tables.latents, tables.responses, labels.names, labels.kinds
        stability = measure_stability(*data, whole=fits, **settings, worker_pool=tables.pool)
    _say_flags(fits)
    # A categorical attribute gives one row for each category, "attribute=category".
    units = dict(zip(labels.names, labels.units, strict=True))
    write_fits(fits, [units.get(name, "logit") for name in fits.names], step, stability)


class Candidate(NamedTuple):
    """A way of fitting: its name, the family of each column, and the responses that these take."""

    name: str
    families: tuple[str, ...]
    responses: np.ndarray


def family_candidates(options: Fit, labels: Labels) -> list[Candidate]:
    """The families to choose among: one, unless the recipe says "auto" and held-out rows can tell.

    Logits of networks follow other attributes where they are large, those of a labeller with normal noise are
    true everywhere: "binomial" is nearest to the truth with the former, "gaussian" with the latter
    (docs/methods.md).
    """
    from tlgan.regression.fit import probabilities
    from tlgan.regression.targets import holds_labels

    binary = np.array(labels.kinds) == "binary"
    scores = np.asarray(labels.scores)
    names: tuple[str, ...] = (options.family,) if options.family != "auto" else ("binomial", "gaussian")
    if not (options.held_out and (binary & ~holds_labels(scores)).any()):
        names = names[:1]
    other = "huber" if options.family == "auto" else None
    return [
        Candidate(
            name,
            tuple(name if yes else other or name for yes in binary),
            probabilities(scores, labels.kinds) if name == "binomial" else scores,
        )
        for name in names
    ]


def held_out_area(fits: Fits) -> float:
    """Mean AUC of the binary rows on the labeller's held-out decisions; minus infinity without any."""
    areas = [
        area for area, kind in zip(fits.held_out, fits.kinds, strict=True) if kind == "binary" and area >= 0
    ]
    return float(np.mean(areas)) if areas else -np.inf


def _say_flags(fits: Fits) -> None:
    """Say what is wrong with which rows, a line for each flag; docs/methods.md says what to do."""
    for flag in dict.fromkeys(flag for flags in fits.flags for flag in flags):
        names = [name for name, flags in zip(fits.names, fits.flags, strict=True) if flag in flags]
        more = ", …" if len(names) > 3 else ""
        say(f"  {flag}: {len(names)} of {len(fits.names)} ({', '.join(names[:3])}{more})")


def measure_stability(
    latents: Table,
    responses: Table,
    names: Sequence[str],
    kinds: Sequence[str],
    *,
    whole: Fits | None = None,
    **settings: Any,
) -> dict[str, np.ndarray]:
    """Measure how far axes turn with other samples, and with more samples.

    Parameters
    ----------
    latents, responses, names, kinds, settings : what is fitted, and how
    whole : Fits, optional, of all these samples, where they are fitted already

    Returns
    -------
    dict of arrays, for K rows and C counts of samples (an eighth, a quarter, half and all)
        `half_cosines` (K,), between axes fitted on disjoint halves; `curve_counts` (C,);
        `curve_angular_errors`, degrees, `curve_held_out` and `curve_cosines` to the axes of all samples,
        (C, K). Empty where a category is too rare to occur in each part.
    """
    from tlgan.regression.stability import half_cosines, learning_curve

    count = latents.shape[0]
    counts = sorted({max(2, count // part) for part in (8, 4, 2, 1)})
    try:
        curve = learning_curve(latents, responses, names, kinds, counts, whole=whole, **settings)
        cosines = half_cosines(latents, responses, names, kinds, **settings)
    except UserError:  # the whole can be fitted, or it would not have come so far; its parts need not
        return {}
    return {
        "half_cosines": cosines,
        "curve_counts": curve.counts,
        "curve_angular_errors": curve.angular_errors,
        "curve_held_out": curve.held_out,
        "curve_cosines": curve.cosines,
    }
