"""Stage `fit`: one generalised linear model for each attribute of a labeller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.artifacts.fits_file import write_fits
from pipelines.artifacts.labels_file import read_labels
from pipelines.execution.local import open_fit_tables
from pipelines.recipe.load import Recipe
from pipelines.recipe.sections import as_mapping
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
        version=2,
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
    from tlgan.regression.fit import fit_glms, probabilities

    latents = map_rows(sample.output, "latents", sample.rows)
    labels = read_labels(label.output, label.rows)
    binomial = recipe.fit.family == "binomial"
    responses = probabilities(labels.scores, labels.kinds) if binomial else labels.scores
    settings = as_mapping(recipe.fit)
    with open_fit_tables(recipe, sample, latents, responses) as tables:
        data = tables.latents, tables.responses, labels.names, labels.kinds
        fits = fit_glms(*data, **settings, worker_pool=tables.pool)
        stability = measure_stability(*data, whole=fits, **settings, worker_pool=tables.pool)
    _say_flags(fits)
    # A categorical attribute gives one row for each category, "attribute=category".
    units = dict(zip(labels.names, labels.units, strict=True))
    write_fits(fits, [units.get(name, "logit") for name in fits.names], step, stability)


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
