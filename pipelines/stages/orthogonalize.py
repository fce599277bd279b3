"""Stage `orthogonalize`: the fits of all labellers as one axis file, the other axes off the base."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from pipelines.artifacts.fits_file import read_fits, without_direction
from pipelines.artifacts.regressor_file import read_regressor_file
from pipelines.recipe.groups import checked_groups
from pipelines.recipe.load import Recipe
from pipelines.recipe.sections import Orthogonalize
from pipelines.sources.labellers import card_scores
from pipelines.sources.source import Source
from pipelines.workflow.lock import one_writer
from pipelines.workflow.paths import in_cache
from pipelines.workflow.progress import say
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.storage.row_files import read_attributes

if TYPE_CHECKING:
    from tlgan.axes.axes import Axes

MOST_NAMED = 5  # attributes in an error


def plan_orthogonalize(
    recipe: Recipe,
    sample: Step,
    fits: Sequence[Step],
    regressor: Step | None = None,
    labellers: Sequence[Source] = (),
) -> Step:
    """Plan the step that writes the axis file of a recipe, with the regressor where there is one.

    The cards beside the weights of the `labellers` tell how far their mistakes turn the axes.
    """
    options = recipe.orthogonalize

    def work(step: Step) -> None:
        for fit in fits:
            for name, reason in without_direction(fit.output).items():
                say(f"  no axis for {name}: {reason}")
        axes = with_systematic_errors(gather_axes(sample, fits), card_scores(labellers))
        if regressor is not None:
            axes = _with_regressor(axes, regressor, recipe, fits)
        elif recipe.regress.kind != "none":
            say(
                f"  no regressor: {sample.rows} rows are fewer than `regress.least_rows` "
                f"({recipe.regress.least_rows}); edits follow the straight axes."
            )
        _orthogonalize(options, axes, step)

    return Step(
        stage="orthogonalize",
        title="orthogonalize",
        version=2,
        parameters={"base": list(options.base), "method": options.method}
        | ({"drop_collinear": True} if options.drop_collinear else {})
        | ({"groups": msgspec.to_builtins(recipe.groups)} if regressor and recipe.groups else {}),
        inputs={"sample": sample.fingerprint}
        | {fit.title: fit.fingerprint for fit in fits}
        | ({"regress": regressor.fingerprint} if regressor else {}),
        place=lambda fingerprint: in_cache("axes")(fingerprint).with_suffix(".axes.h5"),
        work=one_writer(work),
    )


def with_systematic_errors(axes: Axes, tested: Mapping[str, float]) -> Axes:
    """The axes with the errors that follow from the labellers' test scores; NaN where there is no score."""
    from tlgan.axes.systematic_errors import confusion_angles, systematic_errors

    confusion = confusion_angles([tested.get(name, np.nan) for name in axes.names], axes.kinds)
    return replace(
        axes, systematic_errors=systematic_errors(axes.kinds, confusion, np.full(len(axes), np.nan))
    )


def _with_regressor(axes: Axes, regressor: Step, recipe: Recipe, fits: Sequence[Step]) -> Axes:
    """The axes with the regressor of a step, which knows the recipe's groups."""
    trained = read_regressor_file(regressor.output)
    if trained is None:
        return axes
    fitted = {name for fit in fits for name in read_fits(fit.output).fits.names}
    return replace(axes, regressor=replace(trained, groups=checked_groups(recipe.groups, fitted)))


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
    from tlgan.regression.axes_from_fits import raw_axes

    sampled = read_attributes(sample.output)
    facts = {key: sampled[key] for key in ("latent_space", "generator", "generator_sha256")}
    parts = [axes for fit in fits if (axes := raw_axes(*read_fits(fit.output), **facts)) is not None]
    if not parts:
        lost = [
            f"{name} ({reason})" for fit in fits for name, reason in without_direction(fit.output).items()
        ]
        raise UserError(
            f"{fits[0].output}: must have an attribute with a direction. Got none: {', '.join(lost[:MOST_NAMED])}. "
            "Sample more, or label with another labeller."
        )
    names = [name for part in parts for name in part.names]
    for name in names:
        if names.count(name) > 1:
            raise UserError(
                f"`labellers` must name each attribute once. Got {name!r} twice. Leave one labeller out."
            )
    return merge_axes(parts)
