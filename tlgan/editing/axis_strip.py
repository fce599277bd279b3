"""Strips: latents at several strengths of one axis."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tlgan.array_types import Floats
from tlgan.axes.axes import Axes
from tlgan.axes.names import check_choice
from tlgan.editing.edit_latents import edit_latents, trace_edit
from tlgan.editing.edit_methods import LATENT_DEVIATIONS
from tlgan.editing.linear_predictors import deviations
from tlgan.editing.local_edit import EditStoppedWarning
from tlgan.editing.predictions import choose_method, prediction_deviations
from tlgan.errors import UserError
from tlgan.latents.geometry import move_along, normalize_latents

STRIP_EDITS = ("local", "least-change", "raw", "orthogonalized")


def strip_strengths(reach: float = 3.0, columns: int = 7) -> NDArray[np.float64]:
    """Strengths of the columns of a strip, evenly from -reach to reach.

    Parameters
    ----------
    reach : float, above 0
        Strength at either end, in standard deviations (see `axis_strip`).
    columns : int
        Where it is odd, the middle column is the latent itself.

    Returns
    -------
    float64 array, shape (columns,)

    Raises
    ------
    UserError
        Where `reach` is not above 0 and finite.

    Examples
    --------
    >>> strip_strengths(2, 5)
    array([-2., -1.,  0.,  1.,  2.])
    """
    if not 0 < reach < np.inf:
        raise UserError(f"`reach` must be above 0 and finite. Got {reach:g}.")
    return np.linspace(-reach, reach, columns)


@dataclass(frozen=True, eq=False)
class AxisStrip:
    """Latents of a strip, and what was not reached.

    Attributes
    ----------
    latents : float64 array, shape (n, columns, latent_dim)
    sentence : str
        Of the edit "local", how many stopped before their column, and why; "" where none did.
    """

    latents: Floats
    sentence: str = ""


def axis_strip(
    axes: Axes,
    latents: ArrayLike,
    name: str,
    strengths: ArrayLike,
    *,
    edit: str | None = None,
    strictness: float = 1.0,
    changes: Mapping[str, float] | None = None,
    lock: Sequence[str] = (),
) -> Floats:
    """Each latent at several strengths of one axis.

    A strength of 1 is one standard deviation over random latents: of the attribute's score for the edit
    "local", of the axis's predictor for "least-change", of a latent along the axis for the others. Along the
    raw axis the last two are the same step, to first order on the sphere.

    Parameters
    ----------
    axes : Axes
    latents : float array, shape (n, latent_dim)
    name : str
        The axis.
    strengths : float array, shape (columns,)
        See `strip_strengths`.
    edit : str, optional
        "local": short steps along the regressor's gradient. "least-change": the least move, with the locks
        and the base held. Both as `tlgan.edit_latents` edits. "raw", "orthogonalized": a move along the axis
        as fitted, or as the axis file has it; nothing is held. By default "local" where the axes have a
        regressor, else "least-change".
    strictness : float
        Of "local": see `tlgan.edit_latents`.
    changes : mapping, optional
        Of "local" and "least-change": changes of predictions, in label units, that every column has; one of
        `name` itself is where strength 0 stands.
    lock : sequence of str
        Of "local" and "least-change": attributes whose predictions must stay.

    Returns
    -------
    float64 array, shape (n, columns, latent_dim)
        Where a local edit stops before its column, the column shows how far it came.

    Warns
    -----
    EditStoppedWarning
        Where local edits stopped.

    Raises
    ------
    UserError
        For an unknown edit or axis, or as `tlgan.edit_latents`.

    Examples
    --------
    >>> moved = axis_strip(axes, latents, "Smiling", strip_strengths(3.0, 7), lock=["Male"])
    """
    strip = trace_strip(
        axes, latents, name, strengths, edit=edit, strictness=strictness, changes=changes, lock=lock
    )
    if strip.sentence:
        warnings.warn(strip.sentence, EditStoppedWarning, stacklevel=2)
    return strip.latents


def trace_strip(
    axes: Axes,
    latents: ArrayLike,
    name: str,
    strengths: ArrayLike,
    *,
    edit: str | None = None,
    strictness: float = 1.0,
    changes: Mapping[str, float] | None = None,
    lock: Sequence[str] = (),
) -> AxisStrip:
    """The strip of `axis_strip`; what was not reached is told, not warned of."""
    if edit is None:
        edit = "local" if choose_method(axes, None) == "local" else "least-change"
    check_choice("`edit`", edit, STRIP_EDITS)
    row, amounts = axes.index(name), np.asarray(strengths, dtype=np.float64)
    if edit in ("raw", "orthogonalized"):
        direction = (axes.raw_directions if edit == "raw" else axes.directions)[row]
        distances = amounts * LATENT_DEVIATIONS[axes.latent_space]
        return AxisStrip(
            np.stack([move_along(latents, direction, step, axes.latent_space) for step in distances], axis=1)
        )
    if edit == "local":
        return _local_strip(axes, latents, name, amounts, changes or {}, lock, strictness)
    others, deviation = dict(changes or {}), float(deviations(axes)[row])
    wanted = [others | {name: others.get(name, 0.0) + float(amount) * deviation} for amount in amounts]
    return AxisStrip(
        np.stack(
            [edit_latents(axes, latents, change, lock=lock, method="straight") for change in wanted], axis=1
        )
    )


def _local_strip(
    axes: Axes,
    latents: ArrayLike,
    name: str,
    amounts: Floats,
    changes: Mapping[str, float],
    lock: Sequence[str],
    strictness: float,
) -> AxisStrip:
    """Every column by an edit of its own; along one axis they follow the same path, each so far as it is asked."""
    deviation = prediction_deviations(axes, "local")[axes.index(name)]
    columns = changes.get(name, 0.0) + amounts * deviation
    faces = normalize_latents(latents, axes.latent_space)
    edited = trace_edit(
        axes,
        np.repeat(faces, len(columns), axis=0),
        {**changes, name: np.tile(columns, len(faces))},
        lock=lock,
        method="local",
        strictness=strictness,
    )
    reasons = [reason for reason in edited.stopped if reason]
    sentence = (
        f"{len(reasons)} of {len(edited.stopped)} pictures stop before their strength of {name} and show how far "
        f"they came: {', '.join(dict.fromkeys(reasons))}."
    )
    moved = edited.latents.reshape(len(faces), len(columns), -1)
    return AxisStrip(moved, sentence if reasons else "")
