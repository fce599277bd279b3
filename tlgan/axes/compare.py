"""Cosines between two sets of axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tlgan.array_types import Floats
from tlgan.axes.axes import Axes
from tlgan.errors import UserError


@dataclass(frozen=True)
class Comparison:
    """How the axes of one name in two sets compare; NaN and "" where a set lacks the name.

    `nearest_in_second` is the axis of the second set with the largest absolute cosine to the first
    set's axis of this name, `nearest_in_first` the other way round. Cosines lie in [-1, 1].
    """

    name: str
    cosine: float
    nearest_in_second: str
    cosine_in_second: float
    nearest_in_first: str
    cosine_in_first: float


def compare_axes(first: Axes, second: Axes, *, raw: bool = False) -> list[Comparison]:
    """Compare axes of the same name by their cosine, and find each one's nearest in the other set.

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

    Examples
    --------
    >>> from tlgan import axes_from_directions, compare_axes
    >>> first = axes_from_directions(["Smiling"], [[1, 0]], latent_space="sphere")
    >>> second = axes_from_directions(["Smiling", "Age"], [[3, 4], [4, -3]], latent_space="sphere")
    >>> smiling = compare_axes(first, second)[0]
    >>> smiling.cosine, smiling.nearest_in_second
    (0.6, 'Age')
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
    in_second = _NOTHING if row is None else _nearest(cosines[row], second)
    in_first = _NOTHING if column is None else _nearest(cosines[:, column], first)
    return Comparison(
        name=name,
        cosine=np.nan if row is None or column is None else float(cosines[row, column]),
        nearest_in_second=in_second.name,
        cosine_in_second=in_second.cosine,
        nearest_in_first=in_first.name,
        cosine_in_first=in_first.cosine,
    )


class _Nearest(NamedTuple):
    name: str
    cosine: float


_NOTHING = _Nearest("", np.nan)


def _nearest(cosines: Floats, axes: Axes) -> _Nearest:
    place = int(np.argmax(np.abs(cosines)))
    return _Nearest(axes.names[place], float(cosines[place]))
