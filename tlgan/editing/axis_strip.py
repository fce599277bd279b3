"""Strips: latents at several strengths of one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tlgan.axes.axes import Axes
from tlgan.axes.names import check_choice
from tlgan.editing.edit_methods import LATENT_DEVIATIONS
from tlgan.editing.edit_session import edit_latents
from tlgan.editing.linear_predictors import deviations
from tlgan.errors import UserError
from tlgan.latents.geometry import move_along

STRIP_EDITS = ("least-change", "raw", "orthogonalized")


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


def axis_strip(
    axes: Axes,
    latents: ArrayLike,
    name: str,
    strengths: ArrayLike,
    *,
    edit: str = "least-change",
    changes: Mapping[str, float] | None = None,
    lock: Sequence[str] = (),
) -> NDArray[np.float64]:
    """Each latent at several strengths of one axis.

    A strength of 1 is one standard deviation over random latents: of the axis's predictor for the edit
    "least-change", of a latent along the axis for the others. Along the raw axis both are the same step,
    to first order on the sphere.

    Parameters
    ----------
    axes : Axes
    latents : float array, shape (n, latent_dim)
    name : str
        The axis.
    strengths : float array, shape (columns,)
        See `strip_strengths`.
    edit : str
        "least-change": the least move, with the locks and the base held (`tlgan.edit_latents`). "raw",
        "orthogonalized": a move along the axis as fitted, or as the axis file has it; nothing is held.
    changes : mapping, optional
        Of "least-change": changes of predictors, in label units, that every column has; one of `name`
        itself is where strength 0 stands.
    lock : sequence of str
        Of "least-change": attributes whose predictors must stay.

    Returns
    -------
    float64 array, shape (n, columns, latent_dim)

    Raises
    ------
    UserError
        For an unknown edit or axis, or as `tlgan.edit_latents`.

    Examples
    --------
    >>> moved = axis_strip(axes, latents, "Smiling", strip_strengths(3.0, 7), lock=["Male"])
    """
    check_choice("`edit`", edit, STRIP_EDITS)
    row, amounts = axes.index(name), np.asarray(strengths, dtype=np.float64)
    if edit == "least-change":
        others = dict(changes or {})
        start, deviation = others.get(name, 0.0), float(deviations(axes)[row])
        wanted = [others | {name: start + float(amount) * deviation} for amount in amounts]
        return np.stack([edit_latents(axes, latents, change, lock=lock) for change in wanted], axis=1)
    direction = (axes.raw_directions if edit == "raw" else axes.directions)[row]
    distances = amounts * LATENT_DEVIATIONS[axes.latent_space]
    return np.stack([move_along(latents, direction, step, axes.latent_space) for step in distances], axis=1)
