"""Split a set of images so that no person is in two parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.images.labelled_images import UNKNOWN_IDENTITY
from tlgan.errors import UserError


def split_by_identity(
    identity: NDArray[np.integer], fractions: Sequence[float], seed: int
) -> NDArray[np.uint8]:
    """Give every row a split, whole identities at a time.

    Identities are put in a random order and cut where the number of rows reaches each fraction, so a
    split misses its fraction by less than the rows of one identity. The result depends on nothing but
    the arguments.

    Parameters
    ----------
    identity : int array, shape (N,)
        A number per person; every row of -1 (unknown) counts as a person of its own.
    fractions : sequence of float
        Share of the rows for each split, in [0, 1], summing to 1.
    seed : int
        Not negative.

    Returns
    -------
    uint8 array, shape (N,)
        Index into `fractions`.

    Raises
    ------
    UserError
        Fractions that are no shares of one whole, or a negative seed.
    """
    shares = np.asarray(fractions, dtype=np.float64)
    if (
        shares.ndim != 1
        or not 1 <= shares.size <= 255
        or not (shares >= 0).all()
        or abs(shares.sum() - 1) > 1e-9
    ):
        raise UserError(f"`fractions` must be shares from 0 to 1 that sum to 1. Got {list(fractions)}.")
    if seed < 0:
        raise UserError(f"`seed` must be at least 0. Got {seed}.")
    identity = np.asarray(identity)
    if identity.ndim != 1:
        raise ValueError(f"`identity` must have shape (N,). Got {identity.shape}.")

    known = identity != UNKNOWN_IDENTITY
    person = np.empty(len(identity), dtype=np.int64)
    people, person[known] = np.unique(identity[known], return_inverse=True)
    person[~known] = len(people) + np.arange(int((~known).sum()))

    rows_of_person = np.bincount(person)
    order = np.random.default_rng(seed).permutation(len(rows_of_person))
    sizes = rows_of_person[order]
    # A person belongs to the split in which the middle of their rows falls.
    middle = (np.cumsum(sizes) - sizes / 2) / max(len(identity), 1)
    split_of_person = np.empty(len(order), dtype=np.uint8)
    bounds = np.cumsum(shares)[:-1]
    split_of_person[order] = np.searchsorted(bounds, middle, side="right")
    return split_of_person[person]
