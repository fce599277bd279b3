"""Directions as rows of length 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from tlgan.array_types import Floats
from tlgan.errors import UserError


def unit_rows(directions: ArrayLike, names: Sequence[str] | None = None) -> Floats:
    """Scale rows to length 1; rows that have it already keep every bit.

    Parameters
    ----------
    directions : array, shape (n_axes, latent_dim)
    names : sequence of str, length n_axes, optional
        For the error messages.

    Returns
    -------
    float64 array, shape (n_axes, latent_dim)

    Raises
    ------
    UserError
        Where the array is not two-dimensional, or a row is zero or not finite.

    Examples
    --------
    >>> from tlgan import unit_rows
    >>> unit_rows([[3, 4], [0, -2]]).tolist()
    [[0.6, 0.8], [0.0, -1.0]]
    """
    rows = real_array("directions", directions, 2)
    # Lengths of rescaled rows: squaring 1e-200 or 1e200 must not end in 0 or infinity.
    largest = np.abs(rows).max(axis=1, initial=0.0)
    for row in np.flatnonzero(~(np.isfinite(largest) & (largest > 0))):
        what = "only zeros" if largest[row] == 0 else "a value that is not finite"
        raise UserError(
            f"Each direction must be finite and not zero. {axis_label(int(row), names)} has {what}."
        )
    scaled = rows / largest[:, None]
    lengths = np.linalg.norm(scaled, axis=1)
    with np.errstate(over="ignore"):
        is_unit = np.abs(lengths * largest - 1) <= 1e-12
    return np.where(is_unit[:, None], rows, scaled / lengths[:, None])


def axis_label(row: int, names: Sequence[str] | None) -> str:
    """What a message calls the axis in `row`: its name where there are names."""
    return f"'{names[row]}'" if names is not None else f"row {row}"


def real_array(field: str, values: ArrayLike, ndim: int) -> Floats:
    """Copy values to a float64 array of `ndim` dimensions; UserError where they are no real numbers."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiu" or array.ndim != ndim or array.size == 0:
        raise UserError(
            f"`{field}` must be a real array with {ndim} dimension(s) and at least one value. "
            f"Got shape {array.shape} of {array.dtype}."
        )
    with np.errstate(invalid="ignore"):  # a signalling NaN of another type
        return array.astype(np.float64)
