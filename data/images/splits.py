"""Split a set of images so that no person is in two parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.images.labelled_images import TEST, TRAIN, UNKNOWN_IDENTITY, UNKNOWN_PARTITION, VALIDATION
from tlgan.errors import UserError

DEFAULT_SHARES = (0.85, 0.05, 0.10)  # train, validation, test
PARTS = {TRAIN: "train", VALIDATION: "validation", TEST: "test"}


@dataclass(frozen=True, eq=False)
class Split:
    """The part of every row, and what a reader should know about it.

    Attributes
    ----------
    parts : uint8 array, shape (N,), 0 train, 1 validation, 2 test
    notes : tuple of str, a sentence each
    """

    parts: NDArray[np.uint8]
    notes: tuple[str, ...] = ()


def choose_split(
    partition: NDArray[np.integer],
    identity: NDArray[np.integer],
    shares: Sequence[float] | None,
    seed: int,
) -> Split:
    """The set's own split where it has one and no shares are asked for, else a random split by person.

    Rows that the set's own split leaves out go where their person is, else to training. Where it has no
    validation or no test rows, those are taken from its training rows, whole people at a time. Where it has
    no training rows, the split is random.

    Parameters
    ----------
    partition : int array, shape (N,), the set's own split, 255 = unknown
    identity : int array, shape (N,), a number per person, -1 = unknown
    shares : of the rows for training, validation and test, or None for the set's own split
    seed : int, of the random split

    Returns
    -------
    Split

    Raises
    ------
    UserError
        As `split_by_identity`.
    """
    own = count_parts(partition)
    if shares is not None or not (partition == TRAIN).any():
        parts = split_by_identity(identity, shares or DEFAULT_SHARES, seed)
        if not own:
            return Split(parts)
        why = "`data.split` is set" if shares is not None else "it names no training rows"
        return Split(parts, (f"the set's own split ({own}) is not used: {why}",))
    parts, notes = _with_unknown_rows(partition, identity)
    for part in (VALIDATION, TEST):
        if not (parts == part).any():
            rows = np.flatnonzero(parts == TRAIN)
            taken = split_by_identity(identity[rows], (1 - DEFAULT_SHARES[part], DEFAULT_SHARES[part]), seed)
            parts[rows[taken == 1]] = part
            notes.append(f"the set's own split has no {PARTS[part]} rows: taken from its training rows")
    known = identity != UNKNOWN_IDENTITY
    pairs = np.unique(np.stack([identity[known], parts[known]]), axis=1)
    several = int((np.unique(pairs[0], return_counts=True)[1] > 1).sum())
    if several:
        notes.append(f"people in several parts of the set's own split: {several}")
    return Split(parts, (f"split as the set's own table says ({own})", *notes))


def count_parts(partition: NDArray[np.integer]) -> str:
    """How many rows each part has, in words; empty where all are unknown."""
    counts = {name: int((partition == part).sum()) for part, name in PARTS.items()}
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def _with_unknown_rows(
    partition: NDArray[np.integer], identity: NDArray[np.integer]
) -> tuple[NDArray[np.uint8], list[str]]:
    """The set's own split, rows that it leaves out in the part of their person, else in training."""
    parts = np.asarray(partition, dtype=np.uint8).copy()
    unknown = parts == UNKNOWN_PARTITION
    if not unknown.any():
        return parts, []
    part_of_person = dict(zip(identity[~unknown].tolist(), parts[~unknown].tolist(), strict=True))
    part_of_person[UNKNOWN_IDENTITY] = TRAIN
    parts[unknown] = [part_of_person.get(person, TRAIN) for person in identity[unknown].tolist()]
    return parts, [f"rows without a part, put with their person or else in training: {int(unknown.sum())}"]


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
