"""Stage `fit`: one generalised linear model for each attribute of a labeller."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.artifacts.fits_file import write_fits
from pipelines.recipe.load import Recipe
from pipelines.workflow.paths import in_cache
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.storage.row_files import map_rows, read_attributes

if TYPE_CHECKING:
    from tlgan.regression.streaming.row_stream import Table
    from tlgan.regression.streaming.workers import WorkerPool


def plan_fit(recipe: Recipe, sample: Step, label: Step) -> Step:
    """The step that fits the axes of one labeller's attributes."""
    options = recipe.fit

    def work(step: Step) -> None:
        from tlgan.regression.fit import fit_glms, probabilities

        latents = map_rows(sample.output, "latents", sample.rows)
        scores = map_rows(label.output, "scores", label.rows)
        facts = read_attributes(label.output)
        responses = probabilities(scores, facts["kinds"]) if options.family == "binomial" else scores
        settings = {field: getattr(options, field) for field in options.__struct_fields__}
        with workplace(recipe, sample, latents, responses) as (latents, responses, worker_pool):
            data = latents, responses, facts["names"], facts["kinds"]
            fits = fit_glms(*data, **settings, worker_pool=worker_pool)
            steadiness = stability(*data, **settings, worker_pool=worker_pool)
        # A categorical attribute gives one row for each category, "attribute=category".
        units = dict(zip(facts["names"], facts["units"], strict=True))
        write_fits(fits, [units.get(name, "logit") for name in fits.names], step, steadiness)

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
        work=work,
    )


@contextmanager
def workplace(
    recipe: Recipe, sample: Step, latents: Table, responses: Table
) -> Iterator[tuple[Table, Table, WorkerPool | None]]:
    """The tables of a fit for this process, or for the cluster that the recipe names, and who works on them.

    Raises
    ------
    UserError
        Where latents are to be drawn again on a cluster, and the sampled ones are others.
    """
    if recipe.engine == "local":
        yield latents, responses, None
        return
    from pipelines.execution.ray_regression import sharded
    from tlgan.regression.streaming.lazy_tables import DrawnLatents

    facts = read_attributes(sample.output)
    drawn = DrawnLatents(facts["latent_dim"], sample.rows, facts["latent_space"], recipe.sample.seed)
    if not np.array_equal(drawn[0:100], latents[0:100]):  # another NumPy or SciPy drew them
        raise UserError(
            f"{sample.output}: latents must be those that `sample.seed` draws here. Got others; fit with "
            '`engine = "local"`, or delete the file and sample again.'
        )
    with sharded(recipe.ray, drawn, responses) as tables_and_worker_pool:
        yield tables_and_worker_pool


def stability(
    latents: Table, responses: Table, names: Sequence[str], kinds: Sequence[str], **settings: Any
) -> dict[str, np.ndarray]:
    """Do the axes stay where they are: with other samples, with more samples?

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
        curve = learning_curve(latents, responses, names, kinds, counts, **settings)
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
