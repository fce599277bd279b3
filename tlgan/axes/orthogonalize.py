"""Make the axes of an `Axes` value orthogonal, by names."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Sequence

import numpy as np

from tlgan.array_types import Floats
from tlgan.axes.axes import METHODS, Axes
from tlgan.axes.names import check_choice, check_names
from tlgan.axes.orthogonalization import (
    MAX_CONDITION,
    gram_schmidt,
    independent_rows,
    lowdin,
    project_out,
    remove_span,
)


class CollinearAxesWarning(UserWarning):
    """Axes were dropped because they depend on the axes before them."""


def orthogonalize_axes(
    axes: Axes,
    base: Sequence[str] = (),
    *,
    method: str = "project",
    max_condition: float = MAX_CONDITION,
    drop_collinear: bool = False,
) -> Axes:
    """Make the directions of axes orthogonal, always from their raw directions.

    ==============  ==========================================  ================================
    method          base axes                                   the others
    ==============  ==========================================  ================================
    "project"       orthogonal to each other, first unchanged   orthogonal to the base only
    "gram-schmidt"  orthogonal to each other, first unchanged   orthogonal to all before, in row order
    "lowdin"        symmetric among themselves                  off the base, then symmetric
    "none"          as fitted                                   as fitted
    ==============  ==========================================  ================================

    Starting from the raw directions makes a second call replace the first, not add to it. Names keep
    their row order; scale, intercept and scores are those of the raw axes and stay. `Axes.kept_cosines`
    of the result says how near each axis is to its raw direction.

    Parameters
    ----------
    axes : Axes
    base : sequence of str
        Names of the axes that take precedence, in order.
    method : str
        As in the table.
    max_condition : float
        Bound of the condition number, see tlgan.axes.orthogonalization.
    drop_collinear : bool
        Drop an axis that depends on those before it (base first), with a CollinearAxesWarning that
        names it, in place of refusing.

    Returns
    -------
    Axes

    Raises
    ------
    UserError
        For unknown names, an unknown method, or nearly collinear axes.

    Examples
    --------
    >>> from tlgan import axes_from_directions, orthogonalize_axes
    >>> axes = axes_from_directions(["Male", "Beard"], [[1, 0], [3, 4]], latent_space="sphere")
    >>> result = orthogonalize_axes(axes, base=["Male"])
    >>> abs(result.directions.round(12)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    >>> result.kept_cosines.round(12).tolist()
    [1.0, 0.8]
    """
    check_choice("`method`", method, METHODS)
    base = tuple(base)
    check_names(base, "base")
    base_rows = [axes.index(name) for name in base]
    if drop_collinear and method != "none":
        axes, base = _without_collinear(axes, base, method, max_condition)
        base_rows = [axes.index(name) for name in base]
    order = base_rows + [row for row in range(len(axes)) if row not in set(base_rows)]
    names = [axes.names[row] for row in order]
    raw = axes.raw_directions[order]
    result = np.empty_like(raw)
    result[order] = _orthogonalized(raw, len(base), method, names, max_condition)
    return dataclasses.replace(axes, directions=result, method=method, base=base if method != "none" else ())


def _orthogonalized(raw: Floats, n_base: int, method: str, names: list[str], max_condition: float) -> Floats:
    if method == "none":
        return raw
    if method == "gram-schmidt":
        return gram_schmidt(raw, names=names, max_condition=max_condition)
    among = lowdin if method == "lowdin" else gram_schmidt
    parts = []
    base = raw[:n_base]
    if n_base:
        parts.append(among(base, names=names[:n_base], max_condition=max_condition))
    if n_base < len(raw):
        rest_names = names[n_base:]
        rest = project_out(
            raw[n_base:], base, names=rest_names, base_names=names[:n_base], max_condition=max_condition
        )
        parts.append(
            lowdin(rest, names=rest_names, max_condition=max_condition) if method == "lowdin" else rest
        )
    return np.concatenate(parts)


def _without_collinear(
    axes: Axes, base: tuple[str, ...], method: str, max_condition: float
) -> tuple[Axes, tuple[str, ...]]:
    """Axes less those that depend on the ones before them, base first; warns with their names."""
    raw = {name: axes.raw_directions[axes.index(name)] for name in axes.names}
    if base:
        rows = independent_rows([raw[name] for name in base], max_condition=max_condition)
        base_kept = [base[row] for row in rows]
    else:
        base_kept = []
    others = [name for name in axes.names if name not in base]
    rest = np.array([raw[name] for name in others]).reshape(len(others), axes.latent_dim)
    if base_kept and others:
        spanned, _ = np.linalg.qr(np.array([raw[name] for name in base_kept]).T)
        rest, conditions = remove_span(rest, spanned)
        others = [
            name for name, condition in zip(others, conditions, strict=True) if condition <= max_condition
        ]
        rest = rest[conditions <= max_condition]
    if method == "gram-schmidt":
        candidates = base_kept + others
        rows = independent_rows([raw[name] for name in candidates], max_condition=max_condition)
        others = [candidates[row] for row in rows if row >= len(base_kept)]
    elif method == "lowdin" and others:
        others = [others[row] for row in independent_rows(rest, max_condition=max_condition)]
    remaining = base_kept + others
    dropped = [name for name in axes.names if name not in remaining]
    if dropped:
        warnings.warn(
            f"Dropped, as they depend on axes before them: {', '.join(dropped)}.",
            CollinearAxesWarning,
            stacklevel=3,
        )
    return axes.select([name for name in axes.names if name in remaining]), tuple(base_kept)
