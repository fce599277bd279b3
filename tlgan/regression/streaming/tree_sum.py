"""Add terms in one fixed order, so that the total has the same bits on any number of workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from tlgan.array_types import Floats

LEAF_TERMS = 8  # terms, one per chunk of rows, that are added one after the other


class Addend(Protocol):
    """A term that is computed when it is added."""

    def add_to(self, total: Floats | None) -> Floats:
        """The sum, in the memory of `total`; None stands for nothing added yet."""


Term = Floats | Addend
Terms = Sequence[Term]  # added element by element


def add_term(total: Floats | None, term: Term) -> Floats:
    """The sum of a term and what was added before it."""
    if not isinstance(term, np.ndarray):
        return term.add_to(total)
    return term if total is None else total + term


def tree_sum(
    terms: Iterator[Terms | None],
    count: int,
    leaf_terms: int = 1,
    map_function: Callable[..., Iterable[Floats]] = map,
) -> list[Floats] | None:
    """Add terms in a tree whose shape depends on their number alone.

    The first `leaf_terms` terms are added one after the other, and so are the next; then the results in
    pairs, pairs of pairs and so on, and what is left over last. So totals of leaf_terms · 2^k terms each,
    computed anywhere and added with `leaf_terms` 1, give the same bits.

    Parameters
    ----------
    terms : iterator
        None is a term of zero.
    count : int
        How many to take from it, at least 1.
    leaf_terms : int
        How many are added one after the other at the leaves of the tree.
    map_function : callable
        `map`, or a map on several threads.

    Returns
    -------
    list of float64 arrays, or None where all terms are None
    """
    size = 1 if count <= leaf_terms else leaf_terms << ((count - 1) // leaf_terms).bit_length() - 1
    total: list[Any] | None = None
    for first in range(0, count, size):
        last = min(size, count - first)
        term = next(terms) if size == 1 else tree_sum(terms, last, leaf_terms, map_function)
        if term is not None:
            total = list(map_function(add_term, total or [None] * len(term), term))
    return total
