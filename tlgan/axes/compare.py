"""How the axes of two files lie to each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tlgan.array_types import Floats
from tlgan.axes.axes import Axes
from tlgan.errors import UserError


@dataclass(frozen=True)
class Comparison:
    """One name in two sets of axes; cosines in [-1, 1], NaN and "" where a set lacks the name.

    `nearest_in_second` is the axis of the second set with the largest absolute cosine to the first
    set's axis of this name, `nearest_in_first` the other way round.
    """

    name: str
    cosine: float
    nearest_in_second: str
    cosine_in_second: float
    nearest_in_first: str
    cosine_in_first: float


def compare_axes(first: Axes, second: Axes, *, raw: bool = False) -> list[Comparison]:
    """Cosines of axes of the same name, and each one's nearest in the other set.

    Parameters
    ----------
    first, second : Axes
        Of one latent size.
    raw : bool
        Compare raw directions in place of the orthogonalised.

    Returns
    -------
    list of Comparison
        The names of `first` in order, then those that only `second` has.

    Raises
    ------
    UserError
        Where the latent sizes differ.
    """
    if first.latent_dim != second.latent_dim:
        raise UserError(
            f"Axes of one latent size only can be compared. Got {first.latent_dim} and {second.latent_dim}."
        )
    field = "raw_directions" if raw else "directions"
    cosines = np.clip(getattr(first, field) @ getattr(second, field).T, -1.0, 1.0)
    names = [*first.names, *(name for name in second.names if name not in first.names)]
    return [_compare(name, first, second, cosines) for name in names]


def _compare(name: str, first: Axes, second: Axes, cosines: Floats) -> Comparison:
    row = first.names.index(name) if name in first.names else None
    column = second.names.index(name) if name in second.names else None
    across = ("", np.nan) if row is None else _nearest(cosines[row], second)
    back = ("", np.nan) if column is None else _nearest(cosines[:, column], first)
    cosine = np.nan if row is None or column is None else float(cosines[row, column])
    return Comparison(name, cosine, *across, *back)


def _nearest(cosines: Floats, axes: Axes) -> tuple[str, float]:
    at = int(np.argmax(np.abs(cosines)))
    return axes.names[at], float(cosines[at])
