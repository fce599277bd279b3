"""Nearest rows of another set, and precision and recall of a set of drawn images by nearest neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tlgan.array_types import Floats
from tlgan.errors import UserError

BLOCK_NUMBERS = 2**22  # distances in memory at once


class NearestRows(NamedTuple):
    """The nearest references of each row, the nearest first.

    Attributes
    ----------
    rows : int array, shape (n, count), row numbers of the references
    distances : float64 array, shape (n, count), Euclidean
    """

    rows: NDArray[np.intp]
    distances: Floats


class PrecisionRecall(NamedTuple):
    """How much of a set of drawn images looks real, and how much of the real ones it covers, 0 to 1 each."""

    precision: float
    recall: float


def nearest_rows(features: NDArray[Any], references: NDArray[Any], count: int = 1) -> NearestRows:
    """Find the references nearest to each row by Euclidean distance.

    Takes little memory: distances are computed for a block of rows at a time.

    Parameters
    ----------
    features : float array, shape (n, F)
    references : float array, shape (m, F)
    count : int, from 1 to m

    Raises
    ------
    UserError
        If the arrays have other shapes or hold numbers that are not finite, or there are too few references.

    Example
    -------
    >>> nearest_rows(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0], [0.0, 1.0]]), count=2).distances
    array([[1., 5.]])
    """
    first, second = _checked(features, references, ("features", "references"))
    if not 1 <= count <= len(second):
        raise UserError(f"`count` must be from 1 to {len(second)}, the rows of `references`. Got {count}.")
    rows = np.empty((len(first), count), np.intp)
    distances = np.empty((len(first), count))
    for start, squares in _squared_distances(first, second):
        block = slice(start, start + len(squares))
        found = np.sort(np.argpartition(squares, count - 1, axis=1)[:, :count], axis=1)
        # The squares lose digits where rows are near each other; the differences do not.
        exact = np.linalg.norm(first[block, None] - second[found], axis=2)
        order = np.argsort(exact, axis=1, kind="stable")
        rows[block] = np.take_along_axis(found, order, axis=1)
        distances[block] = np.take_along_axis(exact, order, axis=1)
    return NearestRows(rows, distances)


def precision_recall(real: NDArray[Any], drawn: NDArray[Any], neighbours: int = 3) -> PrecisionRecall:
    """Precision and recall of drawn images: shares that lie within the other set's manifold.

    A set's manifold is the union of balls around its rows; each reaches to the row's k-th nearest neighbour in
    its own set. Precision is the share of drawn rows in the manifold of the real ones, recall the share of real
    rows in the manifold of the drawn ones. Both depend on the features and on how many rows there are: compare
    only values from the same features and equally many rows.

    Source: Kynkäänniemi et al. 2019, "Improved precision and recall metric for assessing generative models",
    arXiv 1904.06991, equations 1 and 2; k = 3 there.

    Parameters
    ----------
    real, drawn : float arrays, shapes (n, F) and (m, F), features of images
    neighbours : int, k

    Raises
    ------
    UserError
        If the arrays have other shapes or hold numbers that are not finite, or have no more than k rows.

    Example
    -------
    >>> rows = np.random.default_rng(0).normal(size=(100, 8))
    >>> precision_recall(rows, rows)
    PrecisionRecall(precision=1.0, recall=1.0)
    """
    first, second = _checked(real, drawn, ("real", "drawn"))
    if neighbours < 1:
        raise UserError(f"`neighbours` must be at least 1. Got {neighbours}.")
    if min(len(first), len(second)) <= neighbours:
        raise UserError(
            f"`real` and `drawn` must have more rows than `neighbours` ({neighbours}). "
            f"Got {len(first)} and {len(second)}."
        )
    return PrecisionRecall(
        _share_within(second, first, _squared_radii(first, neighbours)),
        _share_within(first, second, _squared_radii(second, neighbours)),
    )


def _squared_radii(rows: Floats, neighbours: int) -> Floats:
    """Squared distance of each row to its k-th nearest neighbour, shape (n,)."""
    radii = np.empty(len(rows))
    for start, squares in _squared_distances(rows, rows):
        # The smallest of a row is its distance to itself.
        radii[start : start + len(squares)] = np.partition(squares, neighbours, axis=1)[:, neighbours]
    return radii


def _share_within(rows: Floats, centres: Floats, squared_radii: Floats) -> float:
    """Share of the rows that lie in at least one of the balls."""
    count = sum(
        int((squares <= squared_radii).any(axis=1).sum()) for _, squares in _squared_distances(rows, centres)
    )
    return count / len(rows)


def _squared_distances(first: Floats, second: Floats) -> Iterator[tuple[int, Floats]]:
    """Squared distances of all pairs: blocks (b, m) of rows of `first`, each with the number of its first row."""
    lengths = np.einsum("mf,mf->m", second, second)
    step = max(1, BLOCK_NUMBERS // len(second))
    for start in range(0, len(first), step):
        block = first[start : start + step]
        squares = np.einsum("nf,nf->n", block, block)[:, None] - 2 * (block @ second.T) + lengths
        yield start, np.maximum(squares, 0.0)


def _checked(first: NDArray[Any], second: NDArray[Any], names: tuple[str, str]) -> tuple[Floats, Floats]:
    """Both as float64, less their common mean, by which the squares keep more digits."""
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if one.ndim != 2 or other.ndim != 2 or one.shape[1] != other.shape[1] or not one.size or not other.size:
        raise UserError(
            f"`{names[0]}` and `{names[1]}` must have shapes (n, F) and (m, F). Got {one.shape} and {other.shape}."
        )
    for name, rows in zip(names, (one, other), strict=True):
        if not np.isfinite(rows).all():
            raise UserError(
                f"`{name}` must be finite. Row {int(np.argmin(np.isfinite(rows).all(axis=1)))} is not."
            )
    mean = other.mean(axis=0)
    return one - mean, other - mean
