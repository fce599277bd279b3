"""Stage `orthogonalize`: the fits of all labellers as one axis file, the other axes off the base."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.artifacts.fits_file import read_fits
from pipelines.recipe.load import Recipe
from pipelines.recipe.sections import Orthogonalize
from pipelines.workflow.lock import one_writer
from pipelines.workflow.paths import in_cache
from pipelines.workflow.progress import say
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.storage.row_files import read_attributes

if TYPE_CHECKING:
    from tlgan.axes.axes import Axes


def plan_orthogonalize(recipe: Recipe, sample: Step, fits: Sequence[Step]) -> Step:
    """Plan the step that writes the axis file of a recipe."""
    options = recipe.orthogonalize
    return Step(
        stage="orthogonalize",
        title="orthogonalize",
        version=1,
        parameters={"base": list(options.base), "method": options.method}
        | ({"drop_collinear": True} if options.drop_collinear else {}),
        inputs={"sample": sample.fingerprint} | {fit.title: fit.fingerprint for fit in fits},
        place=lambda fingerprint: in_cache("axes")(fingerprint).with_suffix(".axes.h5"),
        work=one_writer(lambda step: _orthogonalize(options, gather_axes(sample, fits), step)),
    )


def _orthogonalize(options: Orthogonalize, axes: Axes, step: Step) -> None:
    from tlgan.axes.orthogonalize import CollinearAxesWarning, orthogonalize_axes
    from tlgan.formats.axis_file import write_axes

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
    # `format` and `format_version` are those of the axis file; the rest is the stage's own.
    facts = {key: value for key, value in step.attributes().items() if not key.startswith("format")}
    write_axes(axes, step.output, attributes=facts)


def gather_axes(sample: Step, fits: Sequence[Step]) -> Axes:
    """Raw axes of all fits, side by side; an attribute without a direction is left out.

    Raises
    ------
    UserError
        Where two labellers name the same attribute, or no attribute has a direction.
    """
    from tlgan.axes.merge import merge_axes
    from tlgan.regression.axes_from_fits import raw_axes, without_direction

    sampled = read_attributes(sample.output)
    facts = {key: sampled[key] for key in ("latent_space", "generator", "generator_sha256")}
    read = [read_fits(fit.output) for fit in fits]
    parts = [axes for fitted in read if (axes := raw_axes(*fitted, **facts)) is not None]
    lost = [reason for fitted in read for reason in without_direction(fitted.fits)]
    why = "; ".join(lost[:10]) + (f"; and {len(lost) - 10} more" if len(lost) > 10 else "")
    if not parts:
        raise UserError(
            f"{fits[0].output}: no attribute has a direction: {why}. Sample more, or label with another labeller."
        )
    if lost:
        say(f"  left out, as they have no direction: {why}")
    names = [name for part in parts for name in part.names]
    for name in names:
        if names.count(name) > 1:
            raise UserError(
                f"`labellers` must name each attribute once. Got {name!r} twice. Leave one labeller out."
            )
    return merge_axes(parts)
