"""Linear predictors of latents in label units: values, gradients, deviations, reachable ranges."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tlgan.array_types import Floats
from tlgan.axes.axes import Axes
from tlgan.errors import UserError
from tlgan.latents.geometry import normalize_latents


def predictors(axes: Axes, latents: ArrayLike) -> Floats:
    """Predict every attribute of latents by the fits, in `units(axes)`.

    Parameters
    ----------
    axes : Axes
    latents : array, shape (n, latent_dim)

    Returns
    -------
    float64 array, shape (n, n_axes)
        Intercept plus slope times (raw direction · z). Where an axis file knows no slope, 1 stands for
        it, and 0 for an unknown intercept: the value is then the position along the raw direction, in z.
    """
    rows = normalize_latents(latents, axes.latent_space)
    check_latent_dim(axes, rows)
    values: Floats = np.nan_to_num(axes.intercepts, nan=0.0) + rows @ gradients(axes).T
    return values


def held_base(axes: Axes, edited: Collection[str]) -> list[str]:
    """Names of the base that an edit holds: those that there is an axis for, and that are not edited."""
    return [name for name in axes.base if name in axes.names and name not in edited]


def gradients(axes: Axes) -> Floats:
    """Change of each predictor per unit of z: slope times raw direction, shape (n_axes, latent_dim)."""
    slopes = np.where(np.isnan(axes.slopes), 1.0, axes.slopes)
    rows: Floats = slopes[:, None] * axes.raw_directions
    return rows


def deviations(axes: Axes) -> Floats:
    """Standard deviation of each predictor over latents as they are drawn, in `units(axes)`.

    Returns
    -------
    float64 array, shape (n_axes,)
        The length of the gradient, since each entry of a latent on the sphere or a normal one has
        variance 1 and is uncorrelated with the others; 1/√3 of it where latents are uniform on [-1, 1],
        whose variance is 1/3.
    """
    lengths: Floats = np.linalg.norm(gradients(axes), axis=1)
    return lengths / math.sqrt(3) if axes.latent_space == "uniform" else lengths


def units(axes: Axes) -> tuple[str, ...]:
    """Unit of each predictor; "z" where an axis file knows no slope."""
    pairs = zip(axes.units, axes.slopes, strict=True)
    return tuple("z" if math.isnan(slope) else unit or "label units" for unit, slope in pairs)


def logit(axes: Axes, name: str, probability: float) -> float:
    """Logit of a probability, for an attribute on the logit scale.

    Raises
    ------
    UserError
        Where the attribute is not on the logit scale, or `probability` is not inside (0, 1).
    """
    row = axes.index(name)
    if axes.kinds[row] not in ("binary", "categorical") or units(axes)[row] != "logit":
        raise UserError(
            f"A probability can be asked of attributes on the logit scale only. {name!r} is "
            f"{axes.kinds[row]}, in {units(axes)[row]}; ask for a value in that unit."
        )
    if not 0 < probability < 1:
        raise UserError(f"A probability must lie inside (0, 1). Got {probability!r} for {name!r}.")
    return math.log(probability) - math.log1p(-probability)


class PredictorRange(NamedTuple):
    """Least and largest value that a predictor can take."""

    least: float
    largest: float


def reachable_range(
    axes: Axes, latent: ArrayLike, name: str, *, held: Sequence[str] = ()
) -> tuple[float, float]:
    """Find the least and largest value of a predictor on the sphere while others keep theirs.

    Parameters
    ----------
    axes : Axes
    latent : array, shape (latent_dim,)
    name : str
    held : sequence of str
        Attributes that keep the value that `latent` has.

    Returns
    -------
    PredictorRange
        In label units; infinite where the latent space is not a sphere and the predictor is free.
    """
    row = normalize_latents(np.atleast_2d(latent), axes.latent_space)
    check_latent_dim(axes, row)
    slope = gradients(axes)[axes.index(name)]
    fixed = [axes.index(other) for other in held if other != name]
    spanned = np.zeros((0, axes.latent_dim))
    if fixed:
        _, singular, right = np.linalg.svd(axes.raw_directions[fixed], full_matrices=False)
        spanned = right[singular > 1e-10 * singular[0]]
    inside = spanned.T @ (spanned @ row[0])
    free = slope - spanned.T @ (spanned @ slope)
    centre = float(np.nan_to_num(axes.intercepts[axes.index(name)], nan=0.0) + slope @ inside)
    if np.linalg.norm(free) < 1e-10 * np.linalg.norm(slope):
        value = float(predictors(axes, row)[0, axes.index(name)])
        return PredictorRange(value, value)
    if axes.latent_space != "sphere":
        return PredictorRange(-math.inf, math.inf)
    room = float(np.linalg.norm(free)) * math.sqrt(max(0.0, axes.latent_dim - float(inside @ inside)))
    return PredictorRange(centre - room, centre + room)


def check_latent_dim(axes: Axes, rows: Floats) -> None:
    """Refuse latents of another size than the axes'."""
    if rows.shape[1] != axes.latent_dim:
        raise UserError(
            f"`latents` must have the latent size of the axes ({axes.latent_dim}). Got {rows.shape[1]}."
        )
