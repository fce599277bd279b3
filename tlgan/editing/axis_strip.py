"""Strips: latents at several strengths of one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tlgan.axes.axes import Axes
from tlgan.axes.names import check_choice
from tlgan.editing.edit_latents import edit_latents
from tlgan.editing.edit_methods import LATENT_DEVIATIONS
from tlgan.editing.linear_predictors import deviations
from tlgan.editing.local_edit import local_edit
from tlgan.editing.predictions import choose_method
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
) -> NDArray[np.float64]:
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
        "local": short steps along the regressor's gradient; each column goes on from the one before it.
        "least-change": the least move, with the locks and the base held (`tlgan.edit_latents`). "raw",
        "orthogonalized": a move along the axis as fitted, or as the axis file has it; nothing is held. By
        default "local" where the axes have a regressor, else "least-change".
    strictness : float
        Of "local": see `tlgan.edit_latents`.
    changes : mapping, optional
        Of "local" and "least-change": changes of predictors, in label units, that every column has; one of `name`
        itself is where strength 0 stands.
    lock : sequence of str
        Of "local" and "least-change": attributes whose predictions must stay.

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
    if edit is None:
        edit = "local" if choose_method(axes, None) == "local" else "least-change"
    check_choice("`edit`", edit, STRIP_EDITS)
    row, amounts = axes.index(name), np.asarray(strengths, dtype=np.float64)
    if edit == "local":
        return _local_strip(axes, latents, name, amounts, strictness, changes or {}, lock)
    if edit == "least-change":
        others = dict(changes or {})
        start, deviation = others.get(name, 0.0), float(deviations(axes)[row])
        wanted = [others | {name: start + float(amount) * deviation} for amount in amounts]
        return np.stack(
            [edit_latents(axes, latents, change, lock=lock, method="straight") for change in wanted], axis=1
        )
    direction = (axes.raw_directions if edit == "raw" else axes.directions)[row]
    distances = amounts * LATENT_DEVIATIONS[axes.latent_space]
    return np.stack([move_along(latents, direction, step, axes.latent_space) for step in distances], axis=1)


def _local_strip(
    axes: Axes,
    latents: ArrayLike,
    name: str,
    amounts: NDArray[np.float64],
    strictness: float,
    changes: Mapping[str, float],
    lock: Sequence[str],
) -> NDArray[np.float64]:
    """Columns by a local edit: from the middle outwards, so that neighbours are near each other.

    Where an edit stops before its column, that column and those beyond it show how far it came.
    """
    choose_method(axes, "local")
    assert axes.regressor is not None
    regressor = axes.regressor
    targets = [name, *(other for other in changes if other != name)]
    origin = normalize_latents(latents, axes.latent_space)
    first = regressor(origin)[:, [regressor.index(target) for target in targets]]
    amounts = changes.get(name, 0.0) + amounts * regressor.scales[regressor.index(name)]
    columns = np.empty((len(origin), len(amounts), axes.latent_dim))
    for side in (np.flatnonzero(amounts >= 0), np.flatnonzero(amounts < 0)):
        moved = origin
        for column in side[np.argsort(np.abs(amounts[side]), kind="stable")]:
            wanted = first + np.array([amounts[column], *(changes[other] for other in targets[1:])])
            now = regressor(moved)[:, [regressor.index(target) for target in targets]]
            moved = local_edit(
                regressor,
                moved,
                targets,
                wanted - now,
                latent_space=axes.latent_space,
                locks=[axes.names[axes.index(other)] for other in lock],
                strictness=strictness,
                origin=origin,
            ).latents
            columns[:, column] = moved
    return columns
