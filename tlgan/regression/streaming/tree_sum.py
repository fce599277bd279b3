"""Sums over chunks of rows in one fixed order, whoever works the chunks out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from tlgan.array_types import Floats

LEAF_TERMS = 8  # chunks that are added one after the other


class Addend(Protocol):
    """A term that is not worked out before it is added."""

    def add_to(self, total: Floats | None) -> Floats:
        """The sum, in the memory of `total`; None stands for nothing added yet."""


Term = Floats | Addend
Terms = Sequence[Term]  # added element by element


def add(total: Floats | None, term: Term) -> Floats:
    """The sum of a term and what was added before it."""
    if not isinstance(term, np.ndarray):
        return term.add_to(total)
    return term if total is None else total + term


def tree_sum(
    terms: Iterator[Terms | None],
    count: int,
    leaf_terms: int = 1,
    each: Callable[..., Iterable[Floats]] = map,
) -> list[Floats] | None:
    """Add terms in a tree that hangs on their number alone.

    The first `leaf_terms` terms are added one after the other, and so are the next; then these sums in
    pairs, pairs of pairs and so on, and what is left over last. So sums of leaf_terms · 2^k terms each,
    worked out anywhere and added with `leaf_terms` 1, give the same to the last bit.

    Parameters
    ----------
    terms : iterator
        None is a term of zero.
    count : int
        How many to take from it, at least 1.
    leaf_terms : int
    each : callable
        What `map` is, maybe on several threads.

    Returns
    -------
    list of float64 arrays, or None where all terms are None
    """
    size = 1 if count <= leaf_terms else leaf_terms << ((count - 1) // leaf_terms).bit_length() - 1
    total: list[Any] | None = None
    for first in range(0, count, size):
        last = min(size, count - first)
        term = next(terms) if size == 1 else tree_sum(terms, last, leaf_terms, each)
        if term is not None:
            total = list(each(add, total or [None] * len(term), term))
    return total
