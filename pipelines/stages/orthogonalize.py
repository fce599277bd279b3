"""Stage `orthogonalize`: the fits of all labellers as one axis file, the other axes off the base."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipelines.artifacts.fits_file import read_fits
from pipelines.recipe.load import Recipe
from pipelines.workflow.paths import in_cache
from pipelines.workflow.progress import say
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.storage.row_files import read_attributes

if TYPE_CHECKING:
    from tlgan.axes.axes import Axes


def plan_orthogonalize(recipe: Recipe, sample: Step, fits: Sequence[Step]) -> Step:
    """The step that writes the axis file of a recipe."""
    options = recipe.orthogonalize

    def work(step: Step) -> None:
        from tlgan.axes.orthogonalize import CollinearAxesWarning, orthogonalize_axes
        from tlgan.formats.axis_file import write_axes

        axes = gather_axes(sample, fits)
        unknown = [name for name in options.base if name not in axes.names]
        if unknown:
            raise UserError(
                f"`orthogonalize.base` must name attributes that have an axis. Got {unknown[0]!r}. "
                f"Choose among: {', '.join(axes.names)}."
            )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", CollinearAxesWarning)
            axes = orthogonalize_axes(
                axes, options.base, method=options.method, drop_collinear=options.drop_collinear
            )
        for warning in caught:
            say(f"  {warning.message}")
        # The axis format is the file's format; the stage's own facts ride along.
        facts = {key: value for key, value in step.attributes().items() if not key.startswith("format")}
        write_axes(axes, step.output, attributes=facts)

    return Step(
        stage="orthogonalize",
        title="orthogonalize",
        version=1,
        parameters={"base": list(options.base), "method": options.method}
        | ({"drop_collinear": True} if options.drop_collinear else {}),
        inputs={"sample": sample.fingerprint} | {fit.title: fit.fingerprint for fit in fits},
        place=lambda fingerprint: in_cache("axes")(fingerprint).with_suffix(".axes.h5"),
        work=work,
    )


def gather_axes(sample: Step, fits: Sequence[Step]) -> Axes:
    """Raw axes of all fits, side by side; an attribute without a direction is left out.

    Raises
    ------
    UserError
        Where two labellers name the same attribute, or no attribute has a direction.
    """
    from tlgan.axes.axes import Axes

    parts = []
    for fit in fits:
        values, units = read_fits(fit.output)
        found = np.flatnonzero(values.slopes > 0)
        parts.append((values, units, found))
    names = [values.names[row] for values, _, found in parts for row in found]
    if not names:
        raise UserError(
            f"{fits[0].output}: no attribute has a direction. Sample more, or label with another labeller."
        )
    for name in names:
        if names.count(name) > 1:
            raise UserError(
                f"`labellers` must name each attribute once. Got {name!r} twice. Leave one labeller out."
            )
    facts = read_attributes(sample.output)

    def column(read):
        return np.concatenate([np.asarray(read(values))[found] for values, _, found in parts])

    directions = column(lambda values: values.directions)
    return Axes(
        names=tuple(names),
        directions=directions,
        raw_directions=directions,
        slopes=column(lambda values: values.slopes),
        intercepts=column(lambda values: values.intercepts),
        units=tuple(units[row] for _, units, found in parts for row in found),
        kinds=tuple(values.kinds[row] for values, _, found in parts for row in found),
        angular_errors=column(lambda values: values.angular_errors),
        held_out=column(lambda values: values.held_out),
        n_samples=column(lambda values: values.n_samples),
        latent_space=facts["latent_space"],
        generator=facts["generator"],
        generator_sha256=facts["generator_sha256"],
    )
