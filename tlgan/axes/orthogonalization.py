"""Make directions orthogonal: to a base, in order, or symmetrically, with one factorisation each.

Everything here takes rows, scales them to length 1 and gives rows of length 1 in float64. Input whose
rows are so nearly dependent that the result would be noise is refused with names, never NaN. The measure
is the condition number of the rows after scaling to length 1: for two rows at an angle t it is
cot(t / 2), so the bound of 10,000 refuses pairs closer than 0.0115 degrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tlgan.array_types import Floats
from tlgan.axes.unit_vectors import axis_label, unit_rows
from tlgan.errors import UserError

MAX_CONDITION = 1e4


def project_out(
    directions: ArrayLike,
    base: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    base_names: Sequence[str] | None = None,
    max_condition: float = MAX_CONDITION,
) -> Floats:
    """Remove from each direction its part in the span of a base.

    Parameters
    ----------
    directions : array, shape (n_axes, latent_dim)
    base : array, shape (n_base, latent_dim)
        Of any angles to each other; they need not be orthogonal. No rows leave the directions as they are.
    names, base_names : sequences of str, optional
        For the error messages.
    max_condition : float
        Refuse a base, or a direction together with the base, of a larger condition number.

    Returns
    -------
    float64 array, shape (n_axes, latent_dim)
        Rows of length 1, orthogonal to every row of `base`, not to each other.

    Raises
    ------
    UserError
        Where base rows are nearly collinear, or a direction lies nearly in their span.

    Examples
    --------
    >>> from tlgan import project_out
    >>> project_out([[3, 0, 4], [0, 1, 1]], base=[[0, 0, 1]]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    rows = unit_rows(directions, names)
    if np.size(base) == 0:
        return rows
    base_rows = unit_rows(base, base_names)
    if rows.shape[1] != base_rows.shape[1]:
        raise UserError(
            f"`base` must have the latent size of `directions` ({rows.shape[1]}). Got {base_rows.shape[1]}."
        )
    _refuse_too_many(base_rows)
    spanned, triangle = np.linalg.qr(base_rows.T)
    _refuse_dependent(base_rows, *_left_and_singular(triangle.T), base_names, max_condition)
    rest, conditions = remove_span(rows, spanned)
    for row in np.flatnonzero(conditions > max_condition):
        cosines = base_rows @ rows[row]
        nearest = int(np.argmax(np.abs(cosines)))
        raise UserError(
            f"The axis {axis_label(int(row), names)} lies in the span of the base (condition number "
            f"{conditions[row]:.3g}, bound {max_condition:g}); nearest is "
            f"{axis_label(nearest, base_names)} of the base with cosine {cosines[nearest]:.6f}. "
            "Leave one of them out."
        )
    return rest


def gram_schmidt(
    directions: ArrayLike, *, names: Sequence[str] | None = None, max_condition: float = MAX_CONDITION
) -> Floats:
    """Make rows orthonormal in their order: row i keeps what is orthogonal to the rows before it.

    Parameters
    ----------
    directions : array, shape (n_axes, latent_dim)
    names : sequence of str, length n_axes, optional
        For the error messages.
    max_condition : float
        Refuse rows of a larger condition number.

    Returns
    -------
    float64 array, shape (n_axes, latent_dim)
        Orthonormal rows; each at an acute angle to the given row, the first unchanged.

    Raises
    ------
    UserError
        Where rows are nearly collinear.

    Examples
    --------
    >>> from tlgan import gram_schmidt
    >>> abs(gram_schmidt([[2, 0], [3, 4]]).round(12)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    rows = unit_rows(directions, names)
    _refuse_too_many(rows)
    orthonormal, triangle = np.linalg.qr(rows.T)
    _refuse_dependent(rows, *_left_and_singular(triangle.T), names, max_condition)
    # LAPACK leaves the sign of each column open; Gram-Schmidt means a positive diagonal.
    rotated: Floats = np.ascontiguousarray((orthonormal * np.sign(np.diag(triangle))).T)
    return rotated


def lowdin(
    directions: ArrayLike, *, names: Sequence[str] | None = None, max_condition: float = MAX_CONDITION
) -> Floats:
    """Make rows orthonormal symmetrically: the nearest orthonormal rows, none preferred.

    Parameters
    ----------
    directions : array, shape (n_axes, latent_dim)
    names : sequence of str, length n_axes, optional
        For the error messages.
    max_condition : float
        Refuse rows of a larger condition number.

    Returns
    -------
    float64 array, shape (n_axes, latent_dim)
        Orthonormal rows with the least sum of squared distances to the unit rows given
        (Löwdin 1950, symmetric orthogonalisation: S^(-1/2) times the rows, S their Gram matrix).

    Raises
    ------
    UserError
        Where rows are nearly collinear.

    Examples
    --------
    >>> import numpy as np
    >>> from tlgan import kept_cosines, lowdin
    >>> rows = [[1, 0], [3, 4]]
    >>> result = lowdin(rows)
    >>> bool(np.allclose(result @ result.T, np.eye(2)))
    True
    >>> kept_cosines(result, rows).round(3).tolist()
    [0.949, 0.949]
    """
    rows = unit_rows(directions, names)
    _refuse_too_many(rows)
    left, singular, right = np.linalg.svd(rows, full_matrices=False)
    _refuse_dependent(rows, left, singular, names, max_condition)
    nearest: Floats = left @ right
    return nearest


def kept_cosines(directions: ArrayLike, raw_directions: ArrayLike) -> Floats:
    """Cosine of each direction and its raw direction.

    Parameters
    ----------
    directions, raw_directions : array, shape (n_axes, latent_dim)
        Of any lengths but zero.

    Returns
    -------
    float64 array, shape (n_axes,)
        In [-1, 1]; 1 for an axis that orthogonalisation left as it was.

    Raises
    ------
    UserError
        Where the shapes differ or a row is zero.

    Examples
    --------
    >>> from tlgan import kept_cosines
    >>> kept_cosines([[1, 0], [0, 1]], [[1, 0], [3, 4]]).tolist()
    [1.0, 0.8]
    """
    after, before = unit_rows(directions), unit_rows(raw_directions)
    if after.shape != before.shape:
        raise UserError(f"Both arrays must have one shape. Got {after.shape} and {before.shape}.")
    cosines: Floats = np.clip(np.sum(after * before, axis=1), -1.0, 1.0)
    return cosines


def condition_number(directions: ArrayLike) -> float:
    """Condition number of the rows after scaling to length 1; infinity where they are dependent."""
    rows = unit_rows(directions)
    singular = np.linalg.svd(rows, compute_uv=False)
    if len(rows) > rows.shape[1] or singular[-1] == 0:
        return float("inf")
    return float(singular[0] / singular[-1])


def independent_rows(directions: ArrayLike, *, max_condition: float = MAX_CONDITION) -> NDArray[np.int64]:
    """Choose rows, earlier ones first, such that their condition number stays within a bound.

    ``gram_schmidt(directions[independent_rows(directions)])`` is never refused.
    """
    rows = unit_rows(directions)
    if condition_number(rows) <= max_condition:
        return np.arange(len(rows))
    chosen: list[int] = []
    for row in range(len(rows)):
        if condition_number(rows[[*chosen, row]]) <= max_condition:
            chosen.append(row)
    return np.array(chosen, dtype=np.int64)


class SpanRemoved(NamedTuple):
    """Rows without their part in a span, and how far from it they were.

    Attributes
    ----------
    rows : float64 array, shape (n_rows, latent_dim)
        Of length 1; meaningless where the condition number is infinite.
    conditions : float64 array, shape (n_rows,)
        Condition number of each row together with the span.
    """

    rows: Floats
    conditions: Floats


def remove_span(rows: Floats, spanned: Floats) -> SpanRemoved:
    """Remove from unit rows their part in the span of orthonormal columns.

    Parameters
    ----------
    rows : float64 array, shape (n_rows, latent_dim), of length 1
    spanned : float64 array, shape (latent_dim, n_base), orthonormal columns

    Returns
    -------
    SpanRemoved
    """
    rest = rows - (rows @ spanned) @ spanned.T
    lengths = np.linalg.norm(rest, axis=1)
    cosines = np.sqrt(np.maximum(0.0, 1.0 - lengths**2))
    with np.errstate(divide="ignore"):
        conditions = (1.0 + cosines) / lengths
    unit = rest / np.where(lengths > 0, lengths, 1.0)[:, None]
    # Once more after scaling up: what rounding left in the span is as small as for a large remainder.
    unit -= (unit @ spanned) @ spanned.T
    again = np.linalg.norm(unit, axis=1)
    return SpanRemoved(unit / np.where(again > 0, again, 1.0)[:, None], conditions)


def _left_and_singular(triangle: Floats) -> tuple[Floats, Floats]:
    """Left vectors and singular values of rows, from the small triangle of their QR."""
    left, singular, _ = np.linalg.svd(triangle, full_matrices=False)
    return left, singular


def _refuse_too_many(rows: Floats) -> None:
    if len(rows) > rows.shape[1]:
        raise UserError(
            f"At most {rows.shape[1]} directions can be orthogonal in {rows.shape[1]} dimensions. "
            f"Got {len(rows)}; leave some out."
        )


def _refuse_dependent(
    rows: Floats, left: Floats, singular: Floats, names: Sequence[str] | None, max_condition: float
) -> None:
    if singular[-1] * max_condition >= singular[0]:
        return
    condition = singular[0] / singular[-1] if singular[-1] > 0 else np.inf
    raise UserError(
        f"The axes are nearly collinear (condition number {condition:.3g}, bound {max_condition:g}): "
        f"{_name_dependent(rows, left[:, -1], names, max_condition)}. "
        "Leave one out, or ask to drop collinear axes."
    )


def _name_dependent(
    rows: Floats, cancelling: Floats, names: Sequence[str] | None, max_condition: float
) -> str:
    """The closest pair where it breaks the bound by itself, else all rows that nearly cancel."""
    cosines = rows @ rows.T
    first, second = sorted(divmod(int(np.argmax(np.abs(cosines) - 2 * np.eye(len(rows)))), len(rows)))
    cosine = float(cosines[first, second])
    apart = np.linalg.norm(rows[first] - np.sign(cosine) * rows[second])
    if apart * max_condition < 2:
        pair = f"{axis_label(first, names)} and {axis_label(second, names)}"
        side = "the same way" if cosine > 0 else "opposite ways"
        return f"{pair} point {side} within {np.degrees(apart):.2g} degrees"
    weights = np.abs(cancelling)
    mixed = np.flatnonzero(weights > 0.1 * weights.max())
    return "dependent together are " + ", ".join(axis_label(int(row), names) for row in mixed[:10])
