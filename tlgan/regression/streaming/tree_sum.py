"""Sums over chunks of rows in one fixed order, whoever works the chunks out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]

IN_ORDER = 8  # chunks that are added one after the other


class Addend(Protocol):
    """A term that is not worked out before it is added."""

    def add_to(self, total: Float | None) -> Float:
        """The sum, in the memory of `total`; None stands for nothing added yet."""


Term = Float | Addend
Terms = Sequence[Term]  # added element by element


def add(total: Float | None, term: Term) -> Float:
    """The sum of a term and what was added before it."""
    if not isinstance(term, np.ndarray):
        return term.add_to(total)
    return term if total is None else total + term


def tree_sum(
    terms: Iterator[Terms | None],
    count: int,
    in_order: int = 1,
    each: Callable[..., Iterable[Float]] = map,
) -> list[Float] | None:
    """Add terms in a tree that hangs on their number alone.

    The first `in_order` terms are added one after the other, and so are the next; then these sums in
    pairs, pairs of pairs and so on, and what is left over last. So sums of in_order · 2^k terms each,
    worked out anywhere and added with `in_order` 1, give the same to the last bit.

    Parameters
    ----------
    terms : iterator
        None is a term of zero.
    count : int
        How many to take from it, at least 1.
    in_order : int
    each : callable
        What `map` is, maybe on several threads.

    Returns
    -------
    list of float64 arrays, or None where all terms are None
    """
    size = 1 if count <= in_order else in_order << ((count - 1) // in_order).bit_length() - 1
    total: list[Any] | None = None
    for first in range(0, count, size):
        last = min(size, count - first)
        term = next(terms) if size == 1 else tree_sum(terms, last, in_order, each)
        if term is not None:
            total = list(each(add, total or [None] * len(term), term))
    return total
